import type { Clock } from '@auth/core'

export interface ManualClock extends Clock {
  /** Moves both clocks, as time does. */
  advance(ms: number): void
  /** Sets the wall clock, as an administrator does. */
  jump(ms: number): void
}

/** A clock that stands until it is moved; whoever waits on it makes it move. */
export function manualClock(): ManualClock {
  let wall = Date.UTC(2026, 0, 1)
  let monotonic = 0
  const advance = (ms: number): void => {
    wall += ms
    monotonic += ms
  }
  return {
    now: () => wall,
    monotonic: () => monotonic,
    delay: async (ms) => advance(ms),
    advance,
    jump: (ms) => {
      wall += ms
    },
  }
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
