import type { RateLimit } from './token-store.ts'

/**
 * The first moment, from `now` on, at which one more lease keeps within all limits. `starts` of those taken, ascending;
 * one that lies beyond what anybody may wait for says that the clock was set back, and counts as the latest possible.
 */
export function firstFreeSlot(
  starts: readonly number[],
  limits: readonly RateLimit[],
  now: number,
  maxWait: number,
): number {
  return limits.reduce((first, { count, per }) => {
    const nth = starts.at(-count)
    return nth === undefined ? first : Math.max(first, Math.min(nth, now + maxWait) + per)
  }, now)
}
