import { ConfigurationError } from '../errors.ts'
import type { Credentials, Layer, TlsIdentity } from '../layer.ts'
import { isThenable, type MaybePromise, when } from '../lib/maybe-promise.ts'
import { builtin } from '../runtime/builtin.ts'
import { ask } from '../secret.ts'

/** PEM, as text or as the bytes of a file. A literal `\\n`, as environment variables have it, counts as a line break. */
export type Pem = string | Uint8Array

/** A TLS identity as it is given: `cert` and `key` together, the certificate of the key before its intermediates. */
export interface TlsIdentityParts {
  readonly cert?: Pem
  readonly key?: Pem
  readonly passphrase?: string
  /** Further trust anchors. */
  readonly ca?: Pem
}

/** A TLS identity, or a function that yields the current one. */
export type TlsIdentityInput = TlsIdentityParts | (() => MaybePromise<TlsIdentityParts>)

/**
 * A client certificate, presented to the trusted origins only. From the request on for which a function yields another
 * identity, new connections use that one.
 *
 * @throws ConfigurationError for a certificate without its key, text that is not PEM, and (on Node) a key that does not
 * belong to the certificate, a wrong passphrase or a certificate outside its validity.
 * @see https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2
 */
export function clientCertificate(identity: TlsIdentityInput, option = 'tls'): Layer {
  const current = tlsIdentity(identity, option)
  const first = typeof identity === 'function' ? undefined : current()
  const fixed = isThenable(first) ? undefined : first
  let last: { identity: TlsIdentity; credentials: Credentials } | undefined
  const credentials = (tls: TlsIdentity): Credentials => {
    if (last?.identity !== tls) last = { identity: tls, credentials: Object.freeze({ tls }) }
    return last.credentials
  }
  return {
    scheme: 'clientCertificate',
    authorize() {
      return when(current(), credentials)
    },
    certificateEnd: () => ends.get(last?.identity ?? fixed ?? NO_IDENTITY),
  }
}

// Epoch ms at which the certificate of an identity ends, where Node could read it.
const ends = new WeakMap<TlsIdentity, number>()
const NO_IDENTITY: TlsIdentity = {}

/** Turns the option into a function that yields the checked identity: the same object while the PEM texts are the same. */
export function tlsIdentity(input: TlsIdentityInput, option: string): () => MaybePromise<TlsIdentity> {
  let last: TlsIdentity | undefined
  const checked = (value: unknown): TlsIdentity => {
    const next = check(value, option)
    if (last === undefined || !same(last, next)) {
      verify(next, option)
      last = next
    }
    return last
  }
  if (typeof input === 'function') {
    const current = ask(input, option)
    return () => when(current(), checked)
  }
  const fixed = checked(input)
  return () => fixed
}

/** The identity with further trust anchors, `ca`, which have been checked. */
export function withAnchors(input: TlsIdentityInput, ca: Pem): TlsIdentityInput {
  return changed(input, (identity) => {
    const given = Object.fromEntries(
      PARTS.flatMap((part) => (identity[part] === undefined ? [] : [[part, identity[part]]])),
    )
    return { ...identity, ...given, ca: identity.ca === undefined ? ca : `${textOf(identity.ca)}\n${textOf(ca)}` }
  })
}

/** The identity, which must not be trust anchors alone. */
export function withCertificate(input: TlsIdentityInput, option: string): TlsIdentityInput {
  return changed(input, (identity) => {
    if (PARTS.every((part) => part === 'ca' || identity[part] === undefined) && !('pfx' in identity)) {
      throw new ConfigurationError(`${option}.cert`, 'is missing')
    }
    return identity
  })
}

/** What is no identity is left for the check that names the option. */
function changed(input: TlsIdentityInput, change: (identity: TlsIdentityParts) => TlsIdentityParts): TlsIdentityInput {
  const applied = (identity: TlsIdentityParts): TlsIdentityParts =>
    typeof identity === 'object' && identity !== null ? change(identity) : identity
  if (typeof input !== 'function') return applied(input)
  return () => when(input(), applied)
}

const PARTS = ['cert', 'key', 'passphrase', 'ca'] as const

function same(a: TlsIdentity, b: TlsIdentity): boolean {
  return PARTS.every((part) => a[part] === b[part])
}

function check(value: unknown, option: string): TlsIdentity {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError(option, 'must be { cert, key, passphrase?, ca? }, PEM texts')
  }
  if ('pfx' in value) {
    throw new ConfigurationError(`${option}.pfx`, 'is not supported; convert it: openssl pkcs12 -in file.p12 -nodes')
  }
  const unknown = Object.keys(value).find((name) => !(PARTS as readonly string[]).includes(name))
  if (unknown !== undefined) throw new ConfigurationError(`${option}.${unknown}`, `is none of ${PARTS.join(', ')}`)
  const identity: Record<string, string> = {}
  for (const part of PARTS) {
    const raw = (value as Record<string, unknown>)[part]
    if (raw === undefined) continue
    const text = part === 'passphrase' ? raw : textOf(raw)
    if (typeof text !== 'string' || text === '')
      throw new ConfigurationError(`${option}.${part}`, 'must be a non-empty string')
    if (part !== 'passphrase' && !text.includes('-----BEGIN ')) {
      throw new ConfigurationError(`${option}.${part}`, 'must be PEM text ("-----BEGIN …"), not a path or DER bytes')
    }
    identity[part] = text
  }
  if (identity.cert !== undefined && identity.key === undefined) {
    throw new ConfigurationError(`${option}.key`, 'is missing: a certificate needs its private key')
  }
  if (identity.key !== undefined && identity.cert === undefined) {
    throw new ConfigurationError(`${option}.cert`, 'is missing: a private key needs its certificate')
  }
  if (identity.cert === undefined && identity.ca === undefined) {
    throw new ConfigurationError(`${option}.cert`, 'is missing')
  }
  // A private key must not end up in a log because someone inspects the credentials of a request.
  const frozen = {} as TlsIdentity
  for (const part of PARTS) {
    if (identity[part] !== undefined) {
      Object.defineProperty(frozen, part, { value: identity[part], enumerable: part === 'cert' || part === 'ca' })
    }
  }
  return Object.freeze(frozen)
}

/** What only Node can check: that key and certificate belong together, and the validity. */
function verify(identity: TlsIdentity, option: string): void {
  if (identity.ca !== undefined) verifyAnchors(identity.ca, `${option}.ca`)
  const crypto = builtin('node:crypto')
  if (crypto?.X509Certificate === undefined || identity.cert === undefined || identity.key === undefined) return
  const certificate = attempt(
    () => new crypto.X509Certificate(identity.cert as string),
    `${option}.cert`,
    problemOf(identity.cert, 'CERTIFICATE', 'is not a certificate'),
  )
  const key = attempt(
    () => crypto.createPrivateKey({ key: identity.key as string, passphrase: identity.passphrase }),
    identity.passphrase === undefined ? `${option}.key` : `${option}.passphrase`,
    identity.passphrase === undefined
      ? problemOf(identity.key, 'PRIVATE KEY', 'is not a private key, or is encrypted and needs `passphrase`')
      : 'does not open the private key',
  )
  if (!certificate.checkPrivateKey(key)) {
    const place = blocksOf(identity.cert).findIndex((block) => {
      const other = optional(() => new crypto.X509Certificate(block))
      return other?.checkPrivateKey(key)
    })
    if (place > 0) {
      throw new ConfigurationError(
        `${option}.cert`,
        `must begin with the certificate of the key, which is number ${place + 1} in it; intermediates come after it`,
      )
    }
    throw new ConfigurationError(`${option}.key`, 'does not belong to the certificate')
  }
  ends.set(identity, Date.parse(certificate.validTo))
  const now = Date.now()
  if (now > Date.parse(certificate.validTo)) {
    throw new ConfigurationError(`${option}.cert`, `expired on ${certificate.validTo}`)
  }
  if (now < Date.parse(certificate.validFrom)) {
    throw new ConfigurationError(`${option}.cert`, `is not valid before ${certificate.validFrom}`)
  }
}

/** Checks trust anchors: PEM, and on Node that each block of it is a certificate. */
export function checkAnchors(ca: unknown, option: string): asserts ca is Pem {
  const text = textOf(ca)
  if (typeof text !== 'string' || !text.includes('-----BEGIN ')) {
    throw new ConfigurationError(option, 'must be PEM text ("-----BEGIN CERTIFICATE-----…")')
  }
  verifyAnchors(text, option)
}

function verifyAnchors(ca: string, option: string): void {
  const crypto = builtin('node:crypto')
  if (crypto?.X509Certificate === undefined) return
  for (const block of blocksOf(ca)) {
    const problem = problemOf(block, 'CERTIFICATE', 'holds something that is not a certificate')
    attempt(() => new crypto.X509Certificate(block), option, problem)
  }
}

function blocksOf(pem: string): string[] {
  return pem.split(/(?=-----BEGIN )/).filter((text) => text.startsWith('-----BEGIN '))
}

/** PEM has no backslash of its own: a literal `\\n` is a line break that an environment variable has escaped. */
function textOf(value: unknown): unknown {
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value
  return typeof text === 'string' ? text.replace(/(?:\\r)?\\n/g, '\n') : text
}

/** The text of PEM that has been checked. */
export function pemText(pem: Pem | undefined): string | undefined {
  return textOf(pem) as string | undefined
}

/** What is wrong with PEM that does not parse, as far as that can be told without quoting it. */
function problemOf(pem: string, kind: 'CERTIFICATE' | 'PRIVATE KEY', otherwise: string): string {
  const text = pem.trim()
  if (!text.includes('\n'))
    return 'has lost its line breaks; PEM needs them (an environment variable may have eaten them)'
  if (!new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text)) {
    return kind === 'CERTIFICATE' && /PRIVATE KEY-----/.test(text)
      ? 'is a private key, not a certificate'
      : kind === 'PRIVATE KEY' && /BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)
        ? 'is a certificate, not a private key'
        : otherwise
  }
  if (!/-----END [A-Z ]+-----/.test(text)) return 'is cut off: its END line is missing'
  return otherwise
}

function optional<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function attempt<T>(make: () => T, option: string, problem: string): T {
  try {
    return make()
  } catch {
    // The parser's own words may quote what it was given.
    throw new ConfigurationError(option, problem)
  }
}
