import { type Clock, systemClock } from '../clock.ts'
import { AuthError, ConfigurationError, TokenEndpointError } from '../errors.ts'
import { type AuthEventListener, type Emit, emitter } from '../events.ts'
import { abortable } from '../lib/abortable.ts'
import { putBounded } from '../lib/bounded-map.ts'
import { callable, checkOptions, EVENT_OPTIONS } from '../lib/options.ts'
import { keepAliveUntil } from '../runtime/keep-process-alive.ts'
import { accessToken, sentAtOf } from './access-token.ts'
import type { Block } from './lockout-guard.ts'
import type { Failure } from './outcome-patterns.ts'
import { hardMargin, refreshAhead } from './refresh-windows.ts'
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
}

/** A source with a cache: what `bearer` takes. */
export type CachedTokenSource = TokenSource & TokenSourceControl

/** What a cache may find in the source it decorates. */
type Decorated = TokenSource & { blocked?(): Block | undefined; reset?(): void | Promise<void> }

const BACKGROUND_BACKOFF = { initial: 1000, max: 60_000 }
// How often a refusal by the API is believed: three in quick succession, then one a minute.
const REFUSALS = { burst: 3, every: 60_000 }
const REMEMBERED_REFUSALS = 16

interface Held {
  readonly token: AccessToken
  /** The hard margin, on both clocks: whichever comes first ends the token. */
  readonly wallEnd: number
  readonly monotonicEnd: number
  /** The start of the refresh-ahead window, on both clocks. */
  readonly wallRefresh: number
  readonly monotonicRefresh: number
}

interface Flight {
  readonly promise: Promise<AccessToken>
  readonly background: boolean
}

/**
 * Keeps the token of a source: hands it out synchronously while it is fresh, refreshes it in the background shortly
 * before it ends, and lets any number of callers share one request. Windows are proportional to the lifetime:
 * refresh-ahead `min(5 min, 20 %)`, hard margin `min(10 s, 10 %)`.
 *
 * @throws ConfigurationError for a source without a method `token`.
 */
export function tokenCache(source: TokenSource, options: TokenCacheOptions = {}): CachedTokenSource {
  if (typeof source?.token !== 'function')
    throw new ConfigurationError('source', 'must be an object with a method `token`')
  checkOptions(options, { ...EVENT_OPTIONS, jitter: callable }, 'tokenCache')
  const { clock = systemClock, id = 'custom', onEvent, jitter = Math.random } = options
  return createCache(source, { clock, jitter, emit: emitter(onEvent, id, clock) })
}

function createCache(
  source: Decorated,
  options: { clock: Clock; jitter: () => number; emit: Emit | undefined },
): CachedTokenSource {
  const { clock, jitter, emit } = options
  let held: Held | undefined
  let flight: Flight | undefined
  /** Values that the API refused lately: a store that failed meanwhile may offer them again. */
  const refused = new Map<string, true>()
  let lastFailure: Failure | undefined
  /** Grows with every reset: what an older flight brings is handed to its callers, not kept. */
  let generation = 0
  let nextReason: TokenRequestReason = 'cold'
  let failedRefreshes = 0
  let nextRefresh = Number.NEGATIVE_INFINITY
  let believable = REFUSALS.burst
  let believableSince = clock.monotonic()

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
      wallEnd: wallLimit - margin,
      monotonicEnd: monotonicLimit - margin,
      wallRefresh: wallLimit - ahead,
      monotonicRefresh: monotonicLimit - ahead,
    }
  }

  function start(reason: TokenRequestReason, background: boolean): Flight {
    const mine = generation
    const current = background ? held?.token.value : undefined
    const superseded = (value: string): boolean => value === current || refused.has(value)
    const wallStart = clock.now()
    const monotonicStart = clock.monotonic()
    const request = async (): Promise<AccessToken> => {
      try {
        const next = hold(await source.token({ reason, superseded }), wallStart, monotonicStart)
        if (mine === generation) {
          held = next
          nextReason = 'expired'
          failedRefreshes = 0
          nextRefresh = Number.NEGATIVE_INFINITY
        }
        return next.token
      } catch (error) {
        if (mine === generation) {
          const code = error instanceof AuthError ? error.code : 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
          // Another source's message is not ours to repeat: it may hold what it was sent.
          const message = error instanceof AuthError ? error.message : 'the token source failed'
          lastFailure = { code, message, at: clock.now() }
          const wait = Math.min(BACKGROUND_BACKOFF.initial * 2 ** failedRefreshes++, BACKGROUND_BACKOFF.max)
          nextRefresh = clock.monotonic() + wait * (0.5 + jitter() / 2)
        }
        throw error
      } finally {
        if (flight === own) flight = undefined
      }
    }
    const own: Flight = { promise: Promise.resolve().then(request), background }
    // Whoever waits sees the failure; a flight that nobody waits for must not end the process.
    own.promise.catch(() => {})
    flight = own
    return own
  }

  function join(reason: TokenRequestReason): Promise<AccessToken> {
    if (flight === undefined) return start(reason, false).promise
    if (!flight.background) return flight.promise
    // A background refresh makes one attempt only; those who have come to wait for it are owed the usual few.
    return flight.promise.catch(() => join(reason))
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
        if (flight === undefined && monotonic >= nextRefresh) start('refresh-ahead', true)
        return held.token
      }
    }
    // Nobody is there any more to request a token for.
    if (request?.signal?.aborted) return Promise.reject(request.signal.reason)
    return keepAliveUntil(abortable(join(nextReason), request?.signal))
  }

  /** Spends one of the refusals that are believed, if there is one left. */
  function believe(): boolean {
    const regained = Math.floor((clock.monotonic() - believableSince) / REFUSALS.every)
    if (regained > 0) {
      believable = Math.min(believable + regained, REFUSALS.burst)
      believableSince += regained * REFUSALS.every
    }
    if (believable === 0) return false
    if (believable === REFUSALS.burst) believableSince = clock.monotonic()
    believable--
    return true
  }

  async function reject(value: string, signal?: AbortSignal): Promise<boolean> {
    if (held?.token.value === value) {
      const believed = believe()
      emit?.({ type: 'token-rejected', believed })
      // A token refused as soon as it was issued is not the trouble: another would be refused as well.
      if (!believed) return false
      held = undefined
      putBounded(refused, value, true, REMEMBERED_REFUSALS)
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
      ...(held !== undefined && { expiresAt: held.token.expiresAt, refreshAt: held.wallRefresh }),
      ...(block !== undefined && { blockedUntil: block.retryAt }),
      ...(lastFailure !== undefined && { lastFailure }),
    }
  }

  async function reset(): Promise<void> {
    generation++
    held = undefined
    flight = undefined
    lastFailure = undefined
    nextReason = 'reset'
    failedRefreshes = 0
    nextRefresh = Number.NEGATIVE_INFINITY
    believable = REFUSALS.burst
    await keepAliveUntil(source.reset?.())
  }

  return { token, reject, status, reset }
}
