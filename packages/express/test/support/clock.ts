/** A clock that stands until it is told to go on. */
export interface TestClock {
  now(): number
  monotonic(): number
  delay(ms: number): Promise<void>
  advance(ms: number): void
}

export function testClock(start = Date.now()): TestClock {
  let elapsed = 0
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    delay: async () => {},
    advance(ms) {
      elapsed += ms
    },
  }
}
