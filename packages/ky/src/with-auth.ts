import type { Strategy } from '@auth/core'
import { authFetch, type Fetch, isOneShot, requireStrategy } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import type { KyInstance, Options } from 'ky'
import { checkIdentity, presentIdentity } from '#present-identity'

/**
 * An extended ky that authenticates: it attaches the strategy's credentials for the trusted origins, sends a request
 * that was answered with 401 once more with fresh ones, and takes them along on redirects within the origin only.
 *
 * @throws ConfigurationError for what is not an instance of ky 2 or later, or not a strategy, and for a strategy with a
 * client certificate, or `ca`, where the package undici cannot be found.
 *
 * @example
 * const carrier = withAuth(ky.extend({ baseUrl: 'https://api.posti.fi' }), posti({ username, password }))
 */
export function withAuth(ky: KyInstance, strategy: Strategy): KyInstance {
  if (typeof ky?.extend !== 'function') throw new ConfigurationError('ky', 'must be ky or an instance of it')
  const { hooks = {} } = authHooks(strategy)
  let hasInit = false
  // ky tells its release nowhere. Up to 1.x it does not know this hook, and requests would go out bare.
  const watched = Object.defineProperty({ ...hooks }, 'init', {
    enumerable: true,
    get() {
      hasInit = true
      return hooks.init
    },
  })
  const extended = ky.extend({ hooks: watched })
  if (!hasInit) throw new ConfigurationError('ky', 'is ky 1 or older, and ky 2 is needed: npm install ky@latest')
  return extended
}

/**
 * The options that `withAuth` extends an instance with.
 *
 * @throws ConfigurationError for what is not a strategy.
 */
export function authHooks(strategy: Strategy): Options {
  requireStrategy(strategy)
  checkIdentity(strategy)
  const authenticated = memo((fetch: Fetch) => authFetch(fetch, strategy, { presentIdentity }))
  // A stream passes through; whoever wants it repeated has ky's own retries keep it.
  const passing = memo((fetch: Fetch) => authFetch(fetch, strategy, { presentIdentity, mayKeepBody: false }))
  return {
    hooks: {
      // Behind the fetch and not in the later hooks: there a replay costs the retry budget, the wait for a token is
      // outside the timeout, redirects are out of sight, and the request that errors carry has the credentials on it.
      init: [
        (options) => {
          const fetch = options.fetch ?? globalThis.fetch
          options.fetch = isOneShot(options.body) ? passing(fetch) : authenticated(fetch)
        },
      ],
    },
  }
}

/** One result for each fetch: an instance's calls share it. */
function memo(make: (fetch: Fetch) => Fetch): typeof make {
  const made = new WeakMap<Fetch, Fetch>()
  return (fetch) => {
    const known = made.get(fetch) ?? make(fetch)
    made.set(fetch, known)
    return known
  }
}
