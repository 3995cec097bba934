/** Time, injectable so that tests need not sleep. */
export interface Clock {
  /** Wall clock, epoch ms. It can be set, and jumps after a suspension. */
  now(): number
  /** Monotonic clock, ms from an arbitrary start. It cannot be set, and may stand still during a suspension. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. Does not keep the process alive. */
  delay(ms: number, signal?: AbortSignal): Promise<void>
}

// The global is a getter in Node, which is asked here once and not at every reading.
const { performance } = globalThis

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  delay: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = unheldTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** As setTimeout, but does not keep the process alive; elsewhere than in Node and its like no timer does. */
export function unheldTimeout(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, ms)
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
