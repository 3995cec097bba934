import type { Clock } from '../clock.ts'
import { AuthError, CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { putBounded } from '../lib/bounded-map.ts'
import { credentialKey } from './cache-key.ts'
import type { AccessToken, ClientCredential, TokenRequest, TokenSource } from './token-source.ts'

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

/** A failure that stands in the way of the next request, until its time is over. */
export interface Block {
  readonly error: CredentialsRejectedError | TokenEndpointError
  readonly retryAt: number
  /** Rejections in a row. */
  readonly count: number
  /** Epoch ms of the failure, where it was this process's own. */
  readonly since?: number
}

export interface GuardedTokenSource extends TokenSource {
  /** What stands in the way now, for `status()`. */
  blocked(): Block | undefined
  /** Forgets every failure. */
  reset(): void
}

const BACKOFF = 250
// Old secrets are not retried after a rotation either; more than a few are never in play.
const REMEMBERED_CREDENTIALS = 16

/**
 * Keeps a source from being asked in vain: rejected credentials are tried once and then left alone for the carrier's
 * lock-out window, a throttling endpoint until it said, an unavailable one is tried a few times with growing waits.
 * What is remembered belongs to the credential: a changed secret is tried at once.
 *
 * @throws CredentialsRejectedError, TokenEndpointError
 */
export function lockoutGuard(source: TokenSource, options: LockoutGuardOptions): GuardedTokenSource {
  const { clock, emit, lockout, attempts = 3, jitter = Math.random } = options
  const blocks = new Map<string, Block & { until: number }>()
  let latest: string | undefined

  const put = (key: string, block: Block & { until: number }): void =>
    putBounded(blocks, key, block, REMEMBERED_CREDENTIALS)

  // The monotonic clock decides: setting the wall clock forward must not spend another of five logins.
  const standing = (key: string): (Block & { until: number }) | undefined => {
    const block = blocks.get(key)
    if (block === undefined || clock.monotonic() >= block.until) return undefined
    // The credential in use is the last to be forgotten.
    put(key, block)
    return block
  }

  async function token(request: TokenRequest = {}): Promise<AccessToken> {
    const credential = request.credential ?? (await source.credential?.())
    const key = credential === undefined ? '' : credentialKey(credential)
    latest = key
    const block = standing(key)
    if (block !== undefined) {
      emit?.({ type: 'token-request-blocked', code: block.error.code, retryAt: block.retryAt })
      throw renewed(block.error)
    }
    const passed: TokenRequest = credential === undefined ? request : { ...request, credential }
    for (let attempt = 1; ; attempt++) {
      const startedAt = clock.monotonic()
      emit?.({ type: 'token-requested', reason: request.reason ?? 'cold', attempt })
      try {
        const token = await source.token(passed)
        blocks.delete(key)
        emit?.({
          type: 'token-issued',
          expiresAt: token.expiresAt,
          lifetime: token.lifetime ?? token.expiresAt - clock.now(),
          tookMs: clock.monotonic() - startedAt,
        })
        return token
      } catch (error) {
        const failure = remember(error, key, request.rejections)
        // Behind a token that is still good nobody waits: the next request will try again.
        const again =
          failure instanceof TokenEndpointError &&
          failure.retryable &&
          attempt < attempts &&
          request.reason !== 'refresh-ahead'
        const wait = BACKOFF * 2 ** (attempt - 1) * (0.5 + jitter() / 2)
        if (failure instanceof AuthError) {
          const retryAt = again
            ? clock.now() + wait
            : 'retryAt' in failure
              ? (failure.retryAt as number | undefined)
              : undefined
          const status = 'status' in failure ? (failure.status as number | undefined) : undefined
          emit?.({ type: 'token-request-failed', code: failure.code, message: failure.message, status, retryAt })
        }
        if (!again) throw failure
        await clock.delay(wait)
      }
    }
  }

  function remember(error: unknown, key: string, seenElsewhere = 0): unknown {
    if (error instanceof CredentialsRejectedError) {
      const count = Math.max(blocks.get(key)?.count ?? 0, seenElsewhere) + 1
      const now = clock.now()
      const wait = Math.max(Math.min(lockout.initial * 2 ** (count - 1), lockout.max), error.retryAt - now)
      const rejection = new CredentialsRejectedError(error.message, {
        retryAt: now + wait,
        status: error.status,
        error: error.error,
      })
      put(key, { error: rejection, retryAt: rejection.retryAt, count, since: now, until: clock.monotonic() + wait })
      return rejection
    }
    if (error instanceof TokenEndpointError && error.retryAt !== undefined) {
      const count = blocks.get(key)?.count ?? 0
      const since = clock.now()
      put(key, { error, retryAt: error.retryAt, count, since, until: clock.monotonic() + error.retryAt - since })
    }
    return error
  }

  return {
    ...(source.credential !== undefined && {
      credential: () => source.credential?.() as ClientCredential | Promise<ClientCredential>,
    }),
    token,
    blocked: () => (latest === undefined ? undefined : standing(latest)),
    reset: () => blocks.clear(),
  }
}

/** The same error with a stack of its own: one object thrown to many callers collects what each adds to it. */
function renewed(error: CredentialsRejectedError | TokenEndpointError): Error {
  const { message, status, retryAt } = error
  if (error instanceof CredentialsRejectedError) {
    return new CredentialsRejectedError(message, { retryAt: error.retryAt, status, error: error.error })
  }
  return new TokenEndpointError(error.code as 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', message, { status, retryAt })
}
