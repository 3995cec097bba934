import { ConfigurationError, type Strategy } from '@auth/core'
import { authFetch, type Fetch, requireStrategy } from '@auth/core/adapter'
import { presentIdentity } from '#present-identity'

/** The global fetch, undici's, or any other of its shape. */
export type AnyFetch = (input: never, init?: never) => Promise<unknown>

/**
 * A fetch of the same type that authenticates: it attaches the strategy's credentials for the trusted origins, sends a
 * request that was answered with 401 once more with fresh ones, and takes them along on redirects within the origin
 * only.
 *
 * @throws ConfigurationError for what is not a fetch or not a strategy.
 */
export function withAuth<F extends AnyFetch>(fetch: F, strategy: Strategy): F {
  if (typeof fetch !== 'function') throw new ConfigurationError('fetch', 'must be a function, such as globalThis.fetch')
  requireStrategy(strategy)
  // undici's types and those of the runtime name the same things differently.
  const authenticated = authFetch(fetch as unknown as Fetch, strategy, { presentIdentity }) as unknown as F
  // Some runtimes and wrappers hang more on their fetch, which is part of its type.
  return Object.assign(authenticated, fetch)
}
