import type { SandboxClock } from '../token-registry.ts'

export interface RateLimit {
  readonly count: number
  /** ms */
  readonly per: number
}

/** Counts calls against limits. A call over a limit starts the penalty, and calls during the penalty extend it. */
export interface RateLimits {
  /** Whether one more call is within the limits now. */
  take(): boolean
}

export function rateLimits(clock: SandboxClock, limits: readonly RateLimit[], penalty = 0): RateLimits {
  const longest = Math.max(0, ...limits.map(({ per }) => per))
  let calls: number[] = []
  let penaltyEnd = Number.NEGATIVE_INFINITY
  return {
    take() {
      const now = clock.now()
      if (now < penaltyEnd) {
        penaltyEnd = now + penalty
        return false
      }
      calls = calls.filter((at) => at > now - longest)
      const within = limits.every(({ count, per }) => calls.filter((at) => at > now - per).length < count)
      if (within) calls.push(now)
      else penaltyEnd = now + penalty
      return within
    },
  }
}
