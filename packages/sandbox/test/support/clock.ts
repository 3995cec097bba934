/** A clock that stands until it is moved. */
export function manualClock(start = Date.UTC(2026, 0, 1)): { now(): number; advance(ms: number): void } {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
