/**
 * Calls an observer such as `onEvent`, `onDecision` or `onError`. An observer can neither fail a request nor end the
 * process: what it throws, and what its promise rejects with, is dropped.
 */
export function tell<Args extends unknown[]>(observer: ((...args: Args) => unknown) | undefined, ...args: Args): void {
  if (observer === undefined) return
  try {
    const done = observer(...args)
    // A promise of any realm, or another thenable: resolving with it follows it, however odd its `then` is.
    if (isObject(done)) new Promise((resolve) => resolve(done)).catch(() => {})
  } catch {
    // See above.
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
