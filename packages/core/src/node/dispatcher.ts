import type { PresentIdentity } from '../adapter/auth-fetch.ts'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import type { Strategy } from '../strategy.ts'
import { perIdentity } from '../tls/per-identity.ts'
import { secureContextOf } from '../tls/secure-context.ts'
import { type AgentSettings, settingsOf } from './completed-dispatcher.ts'
import { identityOptions } from './identity-options.ts'

/** The part of undici 7 that is used; the caller brings the library. */
export interface Undici<Dispatcher extends object> {
  readonly Agent: new (options: {
    keepAliveMaxTimeout: number
    factory: (origin: string | URL, options: object) => Dispatcher
  }) => object
  readonly Pool: new (origin: string | URL, options: { connect?: object }) => Dispatcher
}

/**
 * What tells Node's fetch to present an identity: a `dispatcher`. It has the settings of the one that the request would
 * be sent by. undici is loaded with the first identity, because no other library has an agent that can be told; when it
 * cannot be loaded, the next call tries again.
 *
 * @throws ConfigurationError, from what is returned, when undici cannot be loaded, and for a dispatcher that the identity
 * cannot be added to.
 */
export function dispatcherFor<Dispatcher extends object>(load: () => Promise<Undici<Dispatcher>>): PresentIdentity {
  let loading: Promise<Complete> | undefined
  return async (identity, origin, dispatcher) => {
    // That of another strategy, which was asked first.
    if (dispatcher !== undefined && made.has(dispatcher)) return NOTHING
    const settings = settingsOf(dispatcher, origin)
    if (settings === undefined) return NOTHING
    loading ??= load().then(completing, (cause: unknown) => {
      loading = undefined
      if (cause instanceof ConfigurationError) throw cause
      throw undiciIsMissing(cause)
    })
    const complete = await loading
    return { dispatcher: complete(identity, origin, dispatcher ?? DEFAULT, settings) }
  }
}

/**
 * Checks that undici can be found where a strategy needs it, without loading it.
 *
 * @param resolve Throws where the package is not installed.
 * @throws ConfigurationError that says what to install.
 */
export function requireUndici(strategy: Strategy, resolve: () => unknown): void {
  const layers = strategy.status?.().layers ?? []
  if (!layers.some(({ scheme }) => scheme === 'clientCertificate' || scheme === 'trustAnchors')) return
  try {
    resolve()
  } catch (cause) {
    throw undiciIsMissing(cause)
  }
}

function undiciIsMissing(cause: unknown): ConfigurationError {
  return new ConfigurationError(
    'tls',
    'a client certificate, or `ca`, needs the package undici when the program runs, beside a bundle, too: npm install undici@7',
    { cause },
  )
}

const NOTHING = Object.freeze({})
const DEFAULT = Object.freeze({})
const made = new WeakSet<object>()

// A server may ask for longer (`Keep-Alive: timeout`), which would keep connections of a replaced identity for as long.
const IDLE = 30_000

type Complete = (identity: TlsIdentity, origin: string, base: object, settings: AgentSettings) => object

/**
 * A function that yields an undici agent which presents the identity to that origin and to no other, and trusts its
 * `ca` there, with the settings of another dispatcher. The same identity object, origin and dispatcher give the same
 * agent, so connections are kept; another identity gives another. Connections that are idle for 4 s, or what the server
 * asks for up to 30 s, are closed.
 */
function completing<Dispatcher extends object>({ Agent, Pool }: Undici<Dispatcher>): Complete {
  const agents = perIdentity(() => new WeakMap<object, object>())
  return (identity, origin, base, settings) => {
    const known = agents(identity, origin)
    const agent = known.get(base) ?? complete()
    known.set(base, agent)
    return agent

    function complete(): object {
      const { connect: given, ...others } = settings
      const connect = given
        ? { ...given, ...identityOptions(identity, given) }
        : { secureContext: secureContextOf(identity) }
      const agent = new Agent({
        keepAliveMaxTimeout: IDLE,
        ...others,
        factory: (to, options) =>
          new Pool(to, { ...options, connect: new URL(to).origin === origin ? connect : { ...given } }),
      })
      made.add(agent)
      return agent
    }
  }
}
