import { isThenable, type MaybePromise } from './maybe-promise.ts'

/**
 * Waits for `value`, but no longer than the caller wants to: rejects with the signal's reason as soon as it aborts. The
 * work itself goes on; a late failure of it is nobody's unhandled rejection.
 */
export function abortable<T>(value: MaybePromise<T>, signal: AbortSignal | null | undefined): MaybePromise<T> {
  if (!isThenable(value) || signal == null) return value
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
