import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { TokenStatus } from './token-source.ts'

/** A failed token request, as `status()` shows it. */
type Failure = NonNullable<TokenStatus['lastFailure']>

/** How soon a background refresh may follow one that failed. */
export interface RefreshPace {
  /** Whether one may start at this monotonic time. */
  allows(monotonic: number): boolean
  succeeded(): void
  failed(error: unknown): void
  /** The last failure; a later success does not remove it. */
  lastFailure(): Failure | undefined
  reset(): void
}

const BACKOFF = { initial: 1000, max: 60_000 }

export function refreshPace(clock: Clock, jitter: () => number): RefreshPace {
  let failures = 0
  let next = Number.NEGATIVE_INFINITY
  let last: Failure | undefined

  function succeeded(): void {
    failures = 0
    next = Number.NEGATIVE_INFINITY
  }

  return {
    allows: (monotonic) => monotonic >= next,
    succeeded,
    failed(error) {
      const code = error instanceof AuthError ? error.code : 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
      // The message of a source that is not ours may hold what was sent.
      const message = error instanceof AuthError ? error.message : 'the token source failed'
      last = { code, message, at: clock.now() }
      const wait = Math.min(BACKOFF.initial * 2 ** failures++, BACKOFF.max)
      next = clock.monotonic() + wait * (0.5 + jitter() / 2)
    },
    lastFailure: () => last,
    reset() {
      succeeded()
      last = undefined
    },
  }
}
