import tls, { type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsIdentity } from '../layer.ts'

/** What a request's TLS options take to present an identity. */
export interface IdentityOptions {
  readonly secureContext: SecureContext
  /** Part of the names by which Node's agents keep connections and sessions apart; the context is not. */
  readonly sessionIdContext: string
}

// What `tls.connect` makes a context of, and ignores when it is given one.
const CONTEXT = [
  'allowPartialTrustChain',
  'ca',
  'ciphers',
  'crl',
  'dhparam',
  'ecdhCurve',
  'honorCipherOrder',
  'maxVersion',
  'minVersion',
  'secureOptions',
  'secureProtocol',
  'sigalgs',
] as const satisfies readonly (keyof SecureContextOptions)[]

// One for each combination of options that an application uses; more than these are made again.
const MAX_CONTEXTS = 16

interface Made {
  readonly of: readonly unknown[]
  readonly options: IdentityOptions
}

const made = new WeakMap<TlsIdentity, Made[]>()
let identities = 0

/** Whether TLS options ask for anything that a context is made of. */
export function hasContextOptions(options: SecureContextOptions): boolean {
  return CONTEXT.some((name) => options[name] !== undefined)
}

/**
 * The TLS options that present the identity and trust its `ca`, on top of what `given` asks for: trust anchors, ciphers
 * and versions stay in force. Connections are kept apart by the identity's number: a private key would become part of the
 * name of a pool.
 */
export function identityOptions(identity: TlsIdentity, given: SecureContextOptions): IdentityOptions {
  const { cert, key, passphrase, ca } = identity
  const of = CONTEXT.map((name) => given[name])
  const list = made.get(identity) ?? []
  made.set(identity, list)
  const known = list.find((one) => one.of.every((value, i) => value === of[i]))
  if (known !== undefined) return known.options
  // Trust anchors that are given replace the default ones.
  const anchors =
    given.ca === undefined ? (tls.getCACertificates?.('default') ?? tls.rootCertificates) : [given.ca].flat()
  const options: IdentityOptions = {
    secureContext: tls.createSecureContext({
      ...Object.fromEntries(CONTEXT.map((name, i) => [name, of[i]])),
      ...(cert !== undefined && { cert, key, passphrase }),
      ...(ca !== undefined && { ca: [...anchors, ca] }),
    }),
    sessionIdContext: `identity-${++identities}`,
  }
  list.unshift({ of, options })
  list.length = Math.min(list.length, MAX_CONTEXTS)
  return options
}
