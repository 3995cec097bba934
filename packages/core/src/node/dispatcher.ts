import type { SecureContext } from 'node:tls'
import type { PresentIdentity } from '../adapter/auth-fetch.ts'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { perIdentity } from '../tls/per-identity.ts'
import { secureContextOf } from '../tls/secure-context.ts'

/** The part of undici 7 that is used; who calls brings the library. */
export interface Undici<Dispatcher extends object> {
  readonly Agent: new (options: {
    keepAliveMaxTimeout: number
    factory: (origin: string | URL, options: object) => Dispatcher
  }) => object
  readonly Pool: new (origin: string | URL, options: { connect?: { secureContext: SecureContext } }) => Dispatcher
}

/**
 * What tells Node's fetch to present an identity: a `dispatcher`. undici is loaded with the first identity, for no other
 * has an agent that can be told; one that cannot be loaded is looked for again by the next call.
 *
 * @throws ConfigurationError, from what is returned, when undici cannot be loaded.
 */
export function dispatcherFor<Dispatcher extends object>(load: () => Promise<Undici<Dispatcher>>): PresentIdentity {
  let loading: Promise<(identity: TlsIdentity, origin: string) => object> | undefined
  return async (identity, origin) => {
    loading ??= load().then(dispatchers, (cause: unknown) => {
      loading = undefined
      if (cause instanceof ConfigurationError) throw cause
      throw new ConfigurationError(
        'tls',
        'a client certificate, or `ca`, needs the package undici when the program runs, beside a bundle, too: npm install undici@7',
        { cause },
      )
    })
    return { dispatcher: (await loading)(identity, origin) }
  }
}

// A server may ask for longer (`Keep-Alive: timeout`), which would keep connections of a replaced identity for as long.
const IDLE = 30_000

/**
 * A function that yields an undici agent which presents the identity to that origin and to no other, and trusts its
 * `ca` there. The same identity object and origin give the same agent, so connections are kept; another identity gives
 * another. Connections that are idle for 4 s, or what the server asks for up to 30 s, are closed.
 */
function dispatchers<Dispatcher extends object>({
  Agent,
  Pool,
}: Undici<Dispatcher>): (identity: TlsIdentity, origin: string) => object {
  return perIdentity((identity, origin) => {
    const connect = { secureContext: secureContextOf(identity) }
    return new Agent({
      keepAliveMaxTimeout: IDLE,
      factory: (to, options) => new Pool(to, new URL(to).origin === origin ? { ...options, connect } : options),
    })
  })
}
