import type { SandboxClock } from '../token-registry.ts'

export interface RateLimit {
  readonly count: number
  /** ms */
  readonly per: number
}

/** Counts calls against limits. A call over a limit starts the penalty, and calls during the penalty extend it. */
export interface RateLimits {
  /** Whether one more call is within the limits now. `party`: who calls, where each has the limits for itself. */
  take(party?: string): boolean
}

const MOST_PARTIES = 10_000

export function rateLimits(clock: SandboxClock, limits: readonly RateLimit[], penalty = 0): RateLimits {
  const longest = Math.max(0, ...limits.map(({ per }) => per))
  const parties = new Map<string, { calls: number[]; penaltyEnd: number }>()
  return {
    take(party = '') {
      const now = clock.now()
      const state = parties.get(party) ?? { calls: [], penaltyEnd: Number.NEGATIVE_INFINITY }
      // The longest unseen comes first.
      parties.delete(party)
      parties.set(party, state)
      if (parties.size > MOST_PARTIES) parties.delete(parties.keys().next().value as string)
      if (now < state.penaltyEnd) {
        state.penaltyEnd = now + penalty
        return false
      }
      state.calls = state.calls.filter((at) => at > now - longest)
      const within = limits.every(({ count, per }) => state.calls.filter((at) => at > now - per).length < count)
      if (within && limits.length > 0) state.calls.push(now)
      else if (!within) state.penaltyEnd = now + penalty
      return within
    },
  }
}
