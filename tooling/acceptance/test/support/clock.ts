import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@auth/core'

export interface ManualClock extends Clock {
  /** Moves both clocks, as time does, and ends the delays that are over. */
  advance(ms: number): void
  /** Sets the wall clock, as an administrator does. */
  jump(ms: number): void
  /** Moves on whenever somebody waits on this clock, until the promise settles. */
  passUntil<T>(promise: Promise<T>): Promise<T>
}

/** A clock that stands until it is moved. */
export function manualClock(): ManualClock {
  let wall = Date.UTC(2026, 0, 1)
  let monotonic = 0
  const waiting = new Set<{ readonly due: number; readonly end: () => void }>()
  const advance = (ms: number): void => {
    wall += ms
    monotonic += ms
    for (const delay of waiting) {
      if (delay.due > monotonic) continue
      waiting.delete(delay)
      delay.end()
    }
  }
  return {
    now: () => wall,
    monotonic: () => monotonic,
    delay: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const delay = { due: monotonic + ms, end: resolve }
        waiting.add(delay)
        signal?.addEventListener('abort', () => {
          waiting.delete(delay)
          reject(signal.reason)
        })
      }),
    advance,
    jump: (ms) => {
      wall += ms
    },
    async passUntil(promise) {
      let settled = false
      const settle = (): void => {
        settled = true
      }
      promise.then(settle, settle)
      while (!settled) {
        await setImmediate()
        const [next] = [...waiting].sort((a, b) => a.due - b.due)
        if (next !== undefined) advance(next.due - monotonic)
      }
      return promise
    },
  }
}

export const HOUR = 3_600_000
