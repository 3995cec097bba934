import { isThenable, type MaybePromise } from '../lib/maybe-promise.ts'

// The longest that timers know, in ms: what is waited for has its own, shorter limit.
const LONGEST = 2 ** 31 - 1

/**
 * Keeps the process alive until `value` settles. On the token side nothing else does for long: callers are never cut
 * off, and work that nobody waits for never holds a program that has finished. A caller who does not look at the outcome
 * ends nothing by it.
 */
export function keepAliveUntil<T>(value: MaybePromise<T>): MaybePromise<T> {
  if (!isThenable(value)) return value
  const timer = setTimeout(() => {}, LONGEST)
  const settled = Promise.resolve(value).finally(() => clearTimeout(timer))
  settled.catch(() => {})
  return settled
}
