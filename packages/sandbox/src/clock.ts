import type { SandboxClock } from './token-registry.ts'

/** A clock that a test moves on: an hour passes at once. */
export interface SteerableClock extends SandboxClock {
  /** Moves the clock on by so many ms. */
  advance(ms: number): void
}

/** Longest time that one call may add, in ms: ten years. */
export const LONGEST_ADVANCE: number = 10 * 365 * 24 * 60 * 60 * 1000

export function steerable(clock: SandboxClock): SteerableClock {
  let ahead = 0
  return {
    now: () => clock.now() + ahead,
    advance(ms) {
      ahead += ms
    },
  }
}
