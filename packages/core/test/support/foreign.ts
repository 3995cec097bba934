import { runInNewContext } from 'node:vm'

/** A promise of another realm, such as test runners and embedders bring: no `instanceof Promise` of this one. */
export function foreignPromise<T>(value: T): Promise<T> {
  return runInNewContext('Promise.resolve(value)', { value }) as Promise<T>
}
