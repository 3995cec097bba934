import { unheldTimeout } from '../clock.ts'
import type { AccessToken } from './token-source.ts'

/** A token request under way, which any number of callers may wait for. */
export interface Flight {
  /** In the background: it makes one attempt only, and nobody waited for it when it began. */
  readonly background: boolean
  /** Whether its last sign of life is longer ago than it said: the runtime may have ended the work. */
  isDead(): boolean
  /**
   * Waits for its outcome, up to `end`.
   *
   * @param end A time of `realTime`.
   * @returns the token; `dead` or `late` where there is none.
   * @throws what the request failed with.
   */
  outcome(end: number): Promise<AccessToken | 'dead' | 'late'>
}

// Timers and promises are not exact to the millisecond.
const SLACK = 1000

/** ms on a clock that no test holds: what a runtime has ended gives no sign, however its clock is set. */
export function realTime(): number {
  return performance.now()
}

/**
 * Starts a flight. Runtimes such as Workers end work together with the request that began it, without a sign: so work
 * says how long its next step may take, and callers wait by timers of their own.
 *
 * @param work Called in a later microtask, with the function that says that work goes on.
 * @param patience ms until its first sign of life.
 */
export function takeOff(
  work: (alive: (ms: number) => void) => Promise<AccessToken>,
  background: boolean,
  patience: number,
): Flight {
  let aliveUntil = realTime() + patience
  const alive = (ms: number): void => {
    aliveUntil = realTime() + ms + SLACK
  }
  let landed = false
  const promise = Promise.resolve()
    .then(() => work(alive))
    .finally(() => {
      landed = true
    })
  // Those who wait see the failure; a flight that nobody waits for must not end the process.
  promise.catch(() => {})

  return {
    background,
    isDead: () => realTime() > aliveUntil,
    outcome: (end) =>
      new Promise((resolve, reject) => {
        let timer: ReturnType<typeof setTimeout>
        const watch = (): void => {
          const now = realTime()
          if (now >= end) resolve('late')
          else if (now > aliveUntil) resolve('dead')
          else timer = unheldTimeout(watch, Math.ceil(Math.min(end, aliveUntil + 1) - now))
        }
        watch()
        // workerd rejects a promise whose request has ended, which is not what the work failed with.
        const failed = (error: unknown): void => (landed ? reject(error) : resolve('dead'))
        promise.then(resolve, failed).finally(() => clearTimeout(timer))
      }),
  }
}
