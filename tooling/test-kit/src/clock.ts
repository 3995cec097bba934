/** A clock that stands still until it is told to move; its delays end when it passes them. */
export interface ManualClock {
  /** Wall clock, epoch ms. */
  now(): number
  /** Monotonic clock, ms. */
  monotonic(): number
  delay(ms: number, signal?: AbortSignal): Promise<void>
  /** Moves both clocks and ends the delays that are due, at once; resolves when what they started has settled. */
  advance(ms: number): Promise<void>
  /** Sets the wall clock alone, as an administrator or NTP does. */
  setWall(ms: number): void
  /** Moves on whenever somebody waits on this clock, until the promise settles. */
  passUntil<T>(promise: Promise<T>): Promise<T>
  /** The lengths of the delays that are waited for now. */
  readonly pending: readonly number[]
}

interface Wait {
  readonly due: number
  readonly ms: number
  readonly end: () => void
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

const START = Date.UTC(2026, 0, 1)
const byEnd = (a: Wait, b: Wait): number => a.due - b.due

/** A clock that stands until it is moved. */
export function manualClock(start = START): ManualClock {
  let wall = start
  let monotonic = 5000
  const waits = new Set<Wait>()

  async function advance(ms: number): Promise<void> {
    wall += ms
    monotonic += ms
    for (const wait of [...waits].sort(byEnd)) {
      if (wait.due > monotonic) break
      waits.delete(wait)
      wait.end()
    }
    await settle()
  }

  return {
    now: () => wall,
    monotonic: () => monotonic,
    delay: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const wait = { due: monotonic + ms, ms, end: resolve }
        waits.add(wait)
        signal?.addEventListener('abort', () => {
          waits.delete(wait)
          reject(signal.reason)
        })
      }),
    advance,
    setWall(ms) {
      wall = ms
    },
    async passUntil(promise) {
      let settled = false
      const settle = (): void => {
        settled = true
      }
      promise.then(settle, settle)
      while (!settled) {
        await new Promise((resolve) => setImmediate(resolve))
        const [next] = [...waits].sort(byEnd)
        if (next !== undefined) await advance(next.due - monotonic)
      }
      return promise
    },
    get pending() {
      return [...waits].map((wait) => wait.ms)
    },
  }
}

/** A clock whose delays end at once, and have taken their time. */
export function hastyClock(start = START): ManualClock {
  const clock = manualClock(start)
  return Object.assign(Object.create(clock) as ManualClock, {
    delay: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      await clock.advance(ms)
    },
  })
}

/** Lets everything that is ready to run, run: promises and what the event loop holds ready. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets the event loop turn until `condition` holds; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
