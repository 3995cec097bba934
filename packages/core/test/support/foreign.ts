import { runInNewContext } from 'node:vm'

/** A promise of another realm, such as test runners and embedders bring: no `instanceof Promise` of this one. */
export function foreignPromise<T>(value: T): Promise<T> {
  return runInNewContext('Promise.resolve(value)', { value }) as Promise<T>
}

/** What a query builder yields: it can be awaited, and is no promise of anybody's. */
export function query<T>(answer: T | Promise<T>): Promise<T> {
  const run: Promise<T>['then'] = (...reactions) => Promise.resolve(answer).then(...reactions)
  // biome-ignore lint/suspicious/noThenProperty: it is what makes a query one
  return { then: run } as Promise<T>
}
