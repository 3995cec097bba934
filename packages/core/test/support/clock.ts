import type { Clock } from '@auth/core'

/** A clock that stands still until it is told to move; its delays end when it passes them. */
export interface ManualClock extends Clock {
  /** Moves both clocks, ends the delays that are due, and lets what they started settle. */
  advance(ms: number): Promise<void>
  /** Sets the wall clock alone, as an administrator or NTP does. */
  setWall(ms: number): void
  /** The lengths of the delays that are waited for now. */
  readonly pending: readonly number[]
}

export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let wall = start
  let monotonic = 5000
  const waits = new Set<{ due: number; ms: number; resolve: () => void }>()
  return {
    now: () => wall,
    monotonic: () => monotonic,
    delay: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const wait = { due: monotonic + ms, ms, resolve }
        waits.add(wait)
        signal?.addEventListener('abort', () => {
          waits.delete(wait)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      wall += ms
      monotonic += ms
      for (const wait of [...waits].sort((a, b) => a.due - b.due)) {
        if (wait.due <= monotonic) {
          waits.delete(wait)
          wait.resolve()
        }
      }
      await settle()
    },
    setWall(ms) {
      wall = ms
    },
    get pending() {
      return [...waits].map((wait) => wait.ms)
    },
  }
}

/** Lets everything that is ready to run, run: promises and what the event loop holds ready. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets the event loop turn until `condition` holds; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock whose delays end at once, and have taken their time. */
export function hastyClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  const clock = manualClock(start)
  return Object.assign(Object.create(clock) as ManualClock, {
    delay: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      await clock.advance(ms)
    },
  })
}
