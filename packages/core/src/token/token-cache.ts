import { type Clock, systemClock } from '../clock.ts'
import { AuthError, ConfigurationError, TokenEndpointError } from '../errors.ts'
import { type AuthEventListener, type Emit, emitter } from '../events.ts'
import { abortable } from '../lib/abortable.ts'
import { putBounded } from '../lib/bounded-map.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callable, checkOptions, EVENT_OPTIONS, LONGEST_TIMER, milliseconds } from '../lib/options.ts'
import { keepAliveUntil } from '../runtime/keep-process-alive.ts'
import { accessToken, sentAtOf } from './access-token.ts'
import type { Block } from './block.ts'
import { type Flight, realTime, takeOff } from './flight.ts'
import { recoveryLimit } from './recovery-limit.ts'
import { hardMargin, refreshAhead } from './refresh-windows.ts'
import type { TokenCall } from './token-requester.ts'
import type {
  AccessToken,
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

/** A token request or its failure, as `status()` tells of it. */
type Failure = NonNullable<TokenStatus['lastFailure']>

/** ms that a caller waits for a token in all. */
export const DEADLINE = 30_000

const BACKGROUND_BACKOFF = { initial: 1000, max: 60_000 }
const REMEMBERED_REJECTIONS = 16

interface Held {
  readonly token: AccessToken
  /** ms it was issued for. */
  readonly lifetime: number
  /** Monotonic ms of the request. */
  readonly since: number
  /** The hard margin, on both clocks: whichever comes first ends the token. */
  readonly wallEnd: number
  readonly monotonicEnd: number
  /** The start of the refresh-ahead window, on both clocks. */
  readonly wallRefresh: number
  readonly monotonicRefresh: number
  /** Rejected as soon as it was issued, and kept all the same: it does not become more trustworthy with age. */
  doubtful: boolean
}

/**
 * Keeps the token of a source: hands it out synchronously while it is fresh, refreshes it in the background shortly
 * before it ends, and lets any number of callers share one request. Windows are proportional to the lifetime:
 * refresh-ahead `min(5 min, 20 %)`, hard margin `min(10 s, 10 %)`. No caller waits longer than `deadline`.
 *
 * @throws ConfigurationError for a source without a method `token`.
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
}

/** The cache itself, for a source that knows more than its token. */
export function fillCache(source: Refill, options: FillCacheOptions): CachedTokenSource {
  const { clock, emit, jitter = Math.random, deadline = DEADLINE } = options
  const limit = recoveryLimit(clock)
  let held: Held | undefined
  let flight: Flight | undefined
  /** Values that the API rejected lately: a store that failed meanwhile may offer them again. */
  const rejected = new Map<string, true>()
  let lastFailure: Failure | undefined
  let nextReason: TokenRequestReason = 'cold'
  let failedRefreshes = 0
  let nextRefresh = Number.NEGATIVE_INFINITY

  function hold(issued: AccessToken, wallStart: number, monotonicStart: number): Held {
    const { value, expiresAt, lifetime = expiresAt - wallStart } = issued ?? {}
    if (typeof value !== 'string' || value === '' || !Number.isFinite(expiresAt) || !Number.isFinite(lifetime)) {
      throw new TokenEndpointError(
        'ERR_AUTH_TOKEN_RESPONSE_INVALID',
        'the token source must yield { value, expiresAt }, a string and epoch ms',
      )
    }
    const token = issued.lifetime === undefined ? accessToken({ ...issued, value, lifetime }) : issued
    // Counted from before the request was sent. A token out of a store was requested elsewhere: what is left counts.
    const sentAt = sentAtOf(issued)
    const wallLimit = Math.min(expiresAt, clock.now() + lifetime)
    const monotonicLimit =
      sentAt === undefined ? monotonicStart + Math.min(expiresAt - wallStart, lifetime) : sentAt + lifetime
    const margin = hardMargin(lifetime)
    const ahead = refreshAhead(lifetime) * (0.8 + 0.2 * jitter())
    return {
      token,
      lifetime,
      since: sentAt ?? monotonicStart,
      doubtful: false,
      wallEnd: wallLimit - margin,
      monotonicEnd: monotonicLimit - margin,
      wallRefresh: wallLimit - ahead,
      monotonicRefresh: monotonicLimit - ahead,
    }
  }

  function start(reason: TokenRequestReason, background: boolean): Flight {
    const current = background ? held?.token.value : undefined
    const superseded = (value: string): boolean => value === current || rejected.has(value)
    const wallStart = clock.now()
    const monotonicStart = clock.monotonic()
    const call = { reason, superseded, until: monotonicStart + deadline }
    const work = async (alive: TokenCall['alive']): Promise<AccessToken> => {
      // Reset, or replaced by another flight: what it brings is handed to its callers, not kept.
      const isCurrent = (): boolean => flight === own
      try {
        const next = hold(await source.request({ ...call, ...(alive && { alive }) }), wallStart, monotonicStart)
        if (isCurrent()) {
          held = next
          nextReason = 'expired'
          failedRefreshes = 0
          nextRefresh = Number.NEGATIVE_INFINITY
        }
        return next.token
      } catch (error) {
        if (isCurrent()) {
          const code = error instanceof AuthError ? error.code : 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
          // Another source's message is not ours to repeat: it may hold what it was sent.
          const message = error instanceof AuthError ? error.message : 'the token source failed'
          lastFailure = { code, message, at: clock.now() }
          const wait = Math.min(BACKGROUND_BACKOFF.initial * 2 ** failedRefreshes++, BACKGROUND_BACKOFF.max)
          nextRefresh = clock.monotonic() + wait * (0.5 + jitter() / 2)
        }
        throw error
      } finally {
        if (isCurrent()) flight = undefined
      }
    }
    // Half of the time is left for a flight of one's own.
    const own = takeOff(work, background, deadline / 2)
    flight = own
    return own
  }

  /** The flight under way; one that has died is left behind. */
  function underWay(): Flight | undefined {
    if (flight?.isDead()) flight = undefined
    return flight
  }

  /** Waits for a token, up to the deadline: on the flight under way, or on one of its own. */
  async function join(reason: TokenRequestReason): Promise<AccessToken> {
    const end = realTime() + deadline
    for (;;) {
      const own = underWay() ?? start(reason, false)
      try {
        const outcome = await own.outcome(end)
        if (outcome === 'late') {
          throw new TokenEndpointError(
            'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
            `no token came within ${deadline} ms, the \`deadline\``,
            { retryable: true },
          )
        }
        if (outcome !== 'dead') return outcome
        if (flight === own) flight = undefined
        // Somebody else who waited may have replaced it already.
        const replaced = fresh()
        if (replaced !== undefined) return replaced.token
      } catch (error) {
        // A background refresh makes one attempt only; those who have come to wait for it are owed the usual few.
        if (!own.background || realTime() >= end) throw error
      }
    }
  }

  function fresh(): Held | undefined {
    if (held === undefined || clock.now() >= held.wallEnd || clock.monotonic() >= held.monotonicEnd) return undefined
    return held
  }

  function token(request?: TokenRequest): AccessToken | Promise<AccessToken> {
    if (held !== undefined) {
      const wall = clock.now()
      const monotonic = clock.monotonic()
      if (wall < held.wallRefresh && monotonic < held.monotonicRefresh) return held.token
      if (wall < held.wallEnd && monotonic < held.monotonicEnd) {
        if (monotonic >= nextRefresh && underWay() === undefined) start('refresh-ahead', true)
        return held.token
      }
    }
    // Nobody is there any more to request a token for.
    if (request?.signal?.aborted) return Promise.reject(request.signal.reason)
    return keepAliveUntil(abortable(join(nextReason), request?.signal))
  }

  async function reject(value: string, signal?: AbortSignal): Promise<boolean> {
    if (held?.token.value === value) {
      const believed = limit.allows(held.doubtful ? 0 : clock.monotonic() - held.since, held.lifetime)
      emit?.({ type: 'token-rejected', believed })
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
    if (fresh() !== undefined) return flight === undefined ? 'fresh' : 'refreshing'
    if (block !== undefined) return block.error.code === 'ERR_AUTH_CREDENTIALS_REJECTED' ? 'rejected' : 'throttled'
    if (flight !== undefined) return 'refreshing'
    return held === undefined ? 'empty' : 'expired'
  }

  function status(): TokenStatus {
    const block = source.blocked?.()
    return {
      state: stateOf(block),
      ...(held !== undefined && { expiresAt: held.token.expiresAt, refreshAt: Math.round(held.wallRefresh) }),
      ...(block !== undefined && { blockedUntil: block.retryAt }),
      ...(lastFailure !== undefined && { lastFailure }),
    }
  }

  async function reset(): Promise<void> {
    held = undefined
    flight = undefined
    lastFailure = undefined
    nextReason = 'reset'
    failedRefreshes = 0
    nextRefresh = Number.NEGATIVE_INFINITY
    limit.reset()
    await keepAliveUntil(source.reset?.())
  }

  return { token, reject, status, reset }
}
