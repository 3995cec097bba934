import type { Clock } from '../../clock.ts'
import { DocumentError } from '../tokens/fetch-document.ts'

/** Growing pauses after failures: 1 s, 2 s, 4 s, up to 30 s, or what the server asked for, up to 5 min. */
export interface Backoff {
  /** ms until the next attempt may be made; 0 when it may now. */
  remaining(): number
  failed(error: unknown): void
  succeeded(): void
}

const FIRST = 1000
const LAST = 30_000
const LONGEST_RETRY_AFTER = 300_000

export function backoff(clock: Pick<Clock, 'monotonic'>): Backoff {
  let failures = 0
  let retryAt = Number.NEGATIVE_INFINITY
  return {
    remaining: () => Math.max(0, retryAt - clock.monotonic()),
    failed(error) {
      const pause = Math.min(FIRST * 2 ** failures, LAST)
      const asked = error instanceof DocumentError ? (error.retryAfter ?? 0) : 0
      failures++
      retryAt = clock.monotonic() + Math.max(pause, Math.min(asked, LONGEST_RETRY_AFTER))
    },
    succeeded() {
      failures = 0
      retryAt = Number.NEGATIVE_INFINITY
    },
  }
}
