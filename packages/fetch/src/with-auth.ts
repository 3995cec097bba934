import type { Strategy } from '@auth/core'
import { authFetch, currentFetch, type Fetch, requireStrategy } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import { checkIdentity, presentIdentity } from '#present-identity'

/** The global fetch, undici's, or any other of its shape. */
export type AnyFetch = (input: never, init?: never) => Promise<unknown>

/**
 * A fetch of the same type that authenticates: it attaches the strategy's credentials for the trusted origins, sends a
 * request that was answered with 401 once more with fresh ones, and takes them along on redirects within the origin
 * only. The global fetch is looked up at each call, so one that is replaced later (msw, a framework) is used.
 *
 * @throws ConfigurationError for what is not a fetch or not a strategy, and for a strategy with a client certificate, or
 * `ca`, where the package undici cannot be found.
 *
 * @example
 * const carrierFetch = withAuth(fetch, posti({ username, password }))
 * const response = await carrierFetch('https://api.posti.fi/estimation/v1/estimates')
 */
export function withAuth<F extends AnyFetch>(fetch: F, strategy: Strategy): F {
  requireFetch(fetch)
  requireStrategy(strategy)
  checkIdentity(strategy)
  // undici's types and those of the runtime name the same things differently.
  const current = currentFetch(fetch as unknown as Fetch)
  const authenticated = authFetch(current, strategy, { presentIdentity }) as unknown as F
  // Some runtimes and wrappers hang more on their fetch, which is part of its type.
  return Object.assign(authenticated, fetch)
}

// Functions that can be called with a URL as well, but answer by rules of their own.
const OTHERS: readonly { readonly members: readonly string[]; readonly use: string }[] = [
  { members: ['interceptors'], use: 'is axios: use withAuth of @auth/axios' },
  { members: ['extend', 'stream'], use: 'is got: use withAuth of @auth/got' },
  { members: ['extend', 'create'], use: 'is ky: use withAuth of @auth/ky' },
  { members: ['raw', 'native'], use: 'is ofetch: wrap the fetch below it, createFetch({ fetch: withAuth(fetch, …) })' },
]

function requireFetch(fetch: unknown): void {
  if (typeof fetch !== 'function') throw new ConfigurationError('fetch', 'must be a function, such as globalThis.fetch')
  const other = OTHERS.find(({ members }) => members.every((name) => name in fetch))
  if (other !== undefined) throw new ConfigurationError('fetch', other.use)
}
