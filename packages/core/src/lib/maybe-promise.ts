export type MaybePromise<T> = T | Promise<T>

/** Of any realm or library: a test runner has promises of its own, and the query of a database may be one. */
export function isThenable<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** Applies `use` to a value that may still be promised; synchronous when it is not. */
export function when<T, R>(value: MaybePromise<T>, use: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isThenable(value) ? Promise.resolve(value).then(use) : use(value)
}

/** Applies `use` to values of which some may still be promised; synchronous when none is. */
export function whenAll<T extends readonly unknown[], R>(
  values: { [K in keyof T]: MaybePromise<T[K]> },
  use: (...values: T) => R,
): MaybePromise<Awaited<R>> | R {
  if (values.some(isThenable)) {
    return Promise.all(values).then((all) => use(...(all as unknown as T))) as Promise<Awaited<R>>
  }
  return use(...(values as unknown as T))
}
