import { type Clock, systemClock } from '../clock.ts'
import { ConfigurationError, ofHost } from '../errors.ts'
import { type AuthEventListener, type Emit, emitter } from '../events.ts'
import { abortable } from '../lib/abortable.ts'
import { putBounded } from '../lib/bounded-map.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callable, checkOptions, EVENT_OPTIONS, LONGEST_TIMER, milliseconds } from '../lib/options.ts'
import { keepAliveUntil } from '../runtime/keep-process-alive.ts'
import type { Block } from './block.ts'
import { type HeldToken, heldToken } from './held-token.ts'
import { recoveryLimit } from './recovery-limit.ts'
import { refreshPace } from './refresh-pace.ts'
import { sharedFlight, type Work } from './shared-flight.ts'
import type { TokenCall } from './token-requester.ts'
import type {
  AccessToken,
  Caller,
  TokenRequest,
  TokenRequestReason,
  TokenSource,
  TokenSourceControl,
  TokenStatus,
} from './token-source.ts'

export interface TokenCacheOptions {
  clock?: Clock
  onEvent?: AuthEventListener | undefined
  /** Names the source in events. Default `custom`. */
  id?: string
  /** 0 to 1; spreads the refreshes of a fleet. Default `Math.random`. */
  jitter?: () => number
  /** ms that a caller waits for a token in all. Default 30 000. */
  deadline?: number
}

/** A source with a cache: what `bearer` takes. */
export type CachedTokenSource = TokenSource & TokenSourceControl

/** What a cache fills itself from. */
export interface Refill {
  request(call: TokenCall): MaybePromise<AccessToken>
  blocked?(): Block | undefined
  reset?(): void | Promise<void>
}

/** ms that a caller waits for a token in all. */
export const DEADLINE = 30_000

const REMEMBERED_REJECTIONS = 16

/**
 * Keeps the token of a source: hands it out synchronously while it is fresh, refreshes it in the background shortly
 * before it ends, and lets any number of callers share one request. Windows are proportional to the lifetime:
 * refresh-ahead `min(5 min, 20 %)`, hard margin `min(10 s, 10 %)`. No caller waits longer than `deadline`.
 *
 * @throws ConfigurationError for a source without a method `token`.
 *
 * @example
 * bearer(tokenCache({ token: async () => ({ value: await sign(), expiresAt: Date.now() + 60_000 }) }))
 */
export function tokenCache(source: TokenSource, options: TokenCacheOptions = {}): CachedTokenSource {
  if (typeof source?.token !== 'function')
    throw new ConfigurationError('source', 'must be an object with a method `token`')
  checkOptions(options, { ...EVENT_OPTIONS, jitter: callable, deadline: milliseconds(LONGEST_TIMER) }, 'tokenCache')
  const { clock = systemClock, id = 'custom', onEvent, jitter, deadline } = options
  // A source that remembers failures itself, such as another cache, says so in `status()` and is reset with this one.
  const { reset } = source as Partial<TokenSourceControl>
  const refill: Refill = {
    request: ({ reason }) => source.token({ reason }),
    ...(typeof reset === 'function' && { reset: () => reset.call(source) }),
  }
  return fillCache(refill, { clock, emit: emitter(onEvent, id, clock), jitter, deadline })
}

export interface FillCacheOptions {
  clock: Clock
  emit: Emit | undefined
  jitter?: (() => number) | undefined
  deadline?: number | undefined
  /** Host of the token endpoint, for errors and events. */
  host?: string | undefined
}

/** The cache itself, for a source that knows more than its token. */
export function fillCache(source: Refill, options: FillCacheOptions): CachedTokenSource {
  const { clock, emit, jitter = Math.random, deadline = DEADLINE, host } = options
  const limit = recoveryLimit(clock)
  const pace = refreshPace(clock, jitter)
  const flight = sharedFlight(deadline, () => fresh()?.token)
  let held: HeldToken | undefined
  /** Values that the API rejected lately: a store that failed meanwhile may offer them again. */
  const rejected = new Map<string, true>()
  let nextReason: TokenRequestReason = 'cold'

  /** The work of one token request, as things stand now. */
  function prepare(reason: TokenRequestReason, caller: Caller | undefined, current?: string): Work {
    const superseded = (value: string): boolean => value === current || rejected.has(value)
    const asked = { wall: clock.now(), monotonic: clock.monotonic() }
    const call = { reason, caller, superseded, until: asked.monotonic + deadline }
    return async (alive, isCurrent) => {
      try {
        const next = heldToken(await source.request({ ...call, alive }), asked, clock, jitter())
        // After a reset, or where another flight took its place, what it brings is handed to its callers and not kept.
        if (isCurrent()) {
          held = next
          nextReason = 'expired'
          pace.succeeded()
        }
        return next.token
      } catch (error) {
        if (isCurrent()) pace.failed(error)
        throw error
      }
    }
  }

  async function join(reason: TokenRequestReason, caller?: Caller): Promise<AccessToken> {
    try {
      return await flight.join(() => prepare(reason, caller))
    } catch (error) {
      throw ofHost(error, host)
    }
  }

  function fresh(): HeldToken | undefined {
    if (held === undefined || clock.now() >= held.wallEnd || clock.monotonic() >= held.monotonicEnd) return undefined
    return held
  }

  function token(request?: TokenRequest): AccessToken | Promise<AccessToken> {
    if (held !== undefined) {
      const wall = clock.now()
      const monotonic = clock.monotonic()
      if (wall < held.wallRefresh && monotonic < held.monotonicRefresh) return held.token
      if (wall < held.wallEnd && monotonic < held.monotonicEnd) {
        if (pace.allows(monotonic) && flight.underWay() === undefined) {
          flight.start(prepare('refresh-ahead', request?.caller, held.token.value), true)
        }
        return held.token
      }
    }
    // Nobody is there any more to request a token for.
    if (request?.signal?.aborted) return Promise.reject(request.signal.reason)
    return keepAliveUntil(abortable(join(nextReason, request?.caller), request?.signal))
  }

  async function reject(value: string, signal?: AbortSignal): Promise<boolean> {
    if (held?.token.value === value) {
      const believed = limit.allows(held.doubtful ? 0 : clock.monotonic() - held.since, held.lifetime)
      emit?.({ type: 'token-rejected', believed, ...(host !== undefined && { host }) })
      if (!believed) {
        held.doubtful = true
        return false
      }
      held = undefined
      putBounded(rejected, value, true, REMEMBERED_REJECTIONS)
      nextReason = 'rejected'
    }
    if (signal?.aborted) return false
    try {
      const current = await keepAliveUntil(abortable(fresh()?.token ?? join('rejected'), signal))
      return current.value !== value
    } catch {
      return false
    }
  }

  function stateOf(block: Block | undefined): TokenStatus['state'] {
    const busy = flight.underWay() !== undefined
    if (fresh() !== undefined) return busy ? 'refreshing' : 'fresh'
    if (block !== undefined) return block.error.code === 'ERR_AUTH_CREDENTIALS_REJECTED' ? 'rejected' : 'throttled'
    if (busy) return 'refreshing'
    return held === undefined ? 'empty' : 'expired'
  }

  function status(): TokenStatus {
    const block = source.blocked?.()
    const lastFailure = pace.lastFailure()
    return {
      state: stateOf(block),
      ...(held !== undefined && { expiresAt: held.token.expiresAt, refreshAt: Math.round(held.wallRefresh) }),
      ...(block !== undefined && { blockedUntil: block.retryAt }),
      ...(lastFailure !== undefined && { lastFailure }),
    }
  }

  async function reset(): Promise<void> {
    held = undefined
    flight.leave()
    nextReason = 'reset'
    pace.reset()
    limit.reset()
    await keepAliveUntil(source.reset?.())
  }

  return { token, reject, status, reset }
}
