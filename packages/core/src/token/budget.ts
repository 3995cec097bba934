import type { Clock } from '../clock.ts'
import { ConfigurationError, TokenEndpointError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { endpointKey } from './cache-key.ts'
import { memoryStore } from './memory-store.ts'
import type { AskStore } from './store-access.ts'
import type { TokenRequester } from './token-requester.ts'
import type { Lease, LeaseRefusal, RateLimit, TokenStore } from './token-store.ts'

export interface BudgetOptions {
  limits: readonly RateLimit[]
  tokenEndpoint: string
  /** Where the budget is shared, and how it is asked; without one the budget is this process's. */
  shared: { readonly store: TokenStore; readonly ask: AskStore } | undefined
  clock: Clock
  emit?: Emit | undefined
  /** ms that a request waits for its turn. */
  maxWait: number
}

// What is sent evenly arrives less so.
const STRETCH = { part: 0.1, most: 250 }
const MOST = 10_000

// Without a store, and while it fails, the strategies of a process share its budget; a clock of a test's own, its own.
const local = new WeakMap<Clock, TokenStore>()

/**
 * Keeps token requests within the limits that an endpoint sets all its callers together: a request waits for its turn
 * if that comes within `maxWait`, and fails otherwise.
 *
 * @throws TokenEndpointError `ERR_AUTH_TOKEN_ENDPOINT_THROTTLED` from `request`, with `retryAt`.
 */
export function budgeted(endpoint: TokenRequester, options: BudgetOptions): TokenRequester {
  const { tokenEndpoint, shared, clock, emit, maxWait } = options
  const limits = options.limits.map(({ count, per }) => ({
    count,
    per: per + Math.min(per * STRETCH.part, STRETCH.most),
  }))
  let key: Promise<string> | undefined

  async function turn(): Promise<Lease | LeaseRefusal> {
    key ??= endpointKey(tokenEndpoint)
    const at = await key
    return (await fromStore(at)) ?? localStore(clock).lease(at, limits, maxWait)
  }

  async function fromStore(at: string): Promise<Lease | LeaseRefusal | undefined> {
    if (shared === undefined) return undefined
    const release = (late: Lease | LeaseRefusal): unknown => 'release' in late && late.release()
    return (await shared.ask('budget', () => shared.store.lease(at, limits, maxWait), release))?.answer
  }

  return {
    async request(request) {
      const mine = await turn()
      if ('retryIn' in mine) {
        throw new TokenEndpointError(
          'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
          `the budget of the token endpoint (${described(options.limits)}) is spent`,
          { retryAt: Math.ceil(clock.now() + mine.retryIn) },
        )
      }
      if (mine.startsIn > 0) {
        emit?.({ type: 'token-request-queued', startsAt: Math.ceil(clock.now() + mine.startsIn), ...request.about })
        request.alive?.(mine.startsIn)
        await clock.delay(mine.startsIn)
      }
      return endpoint.request(request)
    },
  }
}

/** @throws ConfigurationError for anything but limits of a positive whole `count` and a positive `per`. */
export function checkBudget(limits: unknown): asserts limits is readonly RateLimit[] {
  const positive = (value: unknown, most: number): boolean => typeof value === 'number' && value > 0 && value <= most
  const problem =
    !Array.isArray(limits) ||
    limits.some(
      (limit) =>
        !Number.isInteger(limit?.count) ||
        !positive(limit.count, MOST) ||
        !positive(limit.per, Number.MAX_SAFE_INTEGER),
    )
  if (problem) {
    throw new ConfigurationError(
      'budget',
      `must list limits such as { count: 3, per: 1000 }: a count up to ${MOST}, and ms`,
    )
  }
}

function localStore(clock: Clock): TokenStore {
  const store = local.get(clock) ?? memoryStore({ clock })
  local.set(clock, store)
  return store
}

function described(limits: readonly RateLimit[]): string {
  return limits.map(({ count, per }) => `${count} in ${per} ms`).join(', ')
}
