import type { Clock } from '../clock.ts'
import { AuthError, CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { putBounded } from '../lib/bounded-map.ts'
import { type Block, blockedError } from './block.ts'
import { credentialKey } from './request-credential.ts'
import type { TokenRequest, TokenRequester } from './token-requester.ts'
import type { AccessToken } from './token-source.ts'

export interface LockoutGuardOptions {
  clock: Clock
  emit?: Emit | undefined
  /** ms that rejected credentials are left alone: `initial`, doubling with each further rejection, up to `max`. */
  lockout: { readonly initial: number; readonly max: number }
  /** Attempts of one token request while the endpoint is unavailable. */
  attempts?: number
  /** 0 to 1; spreads the waits between attempts. */
  jitter?: () => number
}

/** A requester that remembers what stands in the way of the next request. */
export interface GuardedRequester extends TokenRequester {
  /** What stands in the way now, for `status()`. */
  blocked(): Block | undefined
  /** Forgets every failure. */
  reset(): void
}

/** `until`: monotonic ms. */
type Standing = Omit<Block, 'retryAt'> & { readonly until: number }

const BACKOFF = 250
// Old secrets are not retried after a rotation either; more than a few are never in play.
const REMEMBERED_CREDENTIALS = 16

/**
 * Keeps an endpoint from being asked in vain: rejected credentials are tried once and then left alone for the carrier's
 * lock-out window, a throttling endpoint is left alone until the time it named, an unavailable one is tried a few times
 * with growing waits. What is remembered belongs to the credential: a changed secret is tried at once.
 *
 * @throws CredentialsRejectedError, TokenEndpointError
 */
export function lockoutGuard(endpoint: TokenRequester, options: LockoutGuardOptions): GuardedRequester {
  const { clock, emit, lockout, attempts = 3, jitter = Math.random } = options
  const standings = new Map<string, Standing>()
  let latest: string | undefined

  const put = (key: string, standing: Standing): void => putBounded(standings, key, standing, REMEMBERED_CREDENTIALS)

  // The monotonic clock decides: setting the wall clock forward must not spend another of five logins. The time that is
  // shown follows from it, so that it never lies in the past while the block stands.
  const blockOf = (key: string): Block | undefined => {
    const standing = standings.get(key)
    const left = standing === undefined ? 0 : standing.until - clock.monotonic()
    if (standing === undefined || left <= 0) return undefined
    // The credential in use is the last to be forgotten.
    put(key, standing)
    return { ...standing, retryAt: Math.ceil(clock.now() + left) }
  }

  async function request(call: TokenRequest): Promise<AccessToken> {
    const key = credentialKey(call.credential)
    latest = key
    const block = blockOf(key)
    if (block !== undefined) {
      emit?.({ type: 'token-request-blocked', code: block.error.code, retryAt: block.retryAt, ...call.about })
      throw blockedError(block.error, block.retryAt)
    }
    for (let attempt = 1; ; attempt++) {
      const startedAt = clock.monotonic()
      emit?.({ type: 'token-requested', reason: call.reason, attempt, ...call.about })
      try {
        const token = await endpoint.request(call)
        standings.delete(key)
        emit?.({
          type: 'token-issued',
          expiresAt: token.expiresAt,
          lifetime: token.lifetime ?? token.expiresAt - clock.now(),
          tookMs: clock.monotonic() - startedAt,
          ...call.about,
        })
        return token
      } catch (error) {
        const failure = remember(error, key, call.rejections)
        const wait = BACKOFF * 2 ** (attempt - 1) * (0.5 + jitter() / 2)
        const again = attempt < attempts && isWorthAnother(failure, call, clock.monotonic() + wait)
        report(failure, call, again ? Math.ceil(clock.now() + wait) : undefined)
        if (!again) throw failure
        call.alive?.(wait)
        await clock.delay(wait)
      }
    }
  }

  function report(failure: unknown, { about }: TokenRequest, nextAttempt: number | undefined): void {
    if (!(failure instanceof AuthError)) return
    const { code, message } = failure
    const { retryAt, status } = failure as { retryAt?: number; status?: number }
    emit?.({ type: 'token-request-failed', code, message, status, retryAt: nextAttempt ?? retryAt, ...about })
  }

  function remember(error: unknown, key: string, seenElsewhere = 0): unknown {
    const now = clock.now()
    if (error instanceof CredentialsRejectedError) {
      const count = Math.max(standings.get(key)?.count ?? 0, seenElsewhere) + 1
      const wait = Math.max(Math.min(lockout.initial * 2 ** (count - 1), lockout.max), error.retryAt - now)
      const { message, status, error: code } = error
      const rejection = new CredentialsRejectedError(message, { retryAt: Math.ceil(now + wait), status, error: code })
      put(key, { error: rejection, count, since: now, until: clock.monotonic() + wait })
      return rejection
    }
    if (error instanceof TokenEndpointError && error.retryAt !== undefined) {
      const count = standings.get(key)?.count ?? 0
      put(key, { error, count, since: now, until: clock.monotonic() + error.retryAt - now })
    }
    return error
  }

  return {
    request,
    blocked: () => (latest === undefined ? undefined : blockOf(latest)),
    reset: () => standings.clear(),
  }
}

/** Behind a token that is still good nobody waits: the next call will try again. */
function isWorthAnother(failure: unknown, { reason, until = Number.POSITIVE_INFINITY }: TokenRequest, at: number) {
  return failure instanceof TokenEndpointError && failure.retryable && reason !== 'refresh-ahead' && at < until
}
