import { type MaybePromise, when } from '../lib/maybe-promise.ts'
import type { TokenStore } from './token-store.ts'

type Members = Readonly<Record<string, unknown>>

/** The store, with answers of the right shape: any other is a failure like an exception, and its promises are native. */
export function checkedStore(store: TokenStore): TokenStore {
  return {
    ...(store.shared !== undefined && { shared: store.shared }),
    get: (key) =>
      checked(store.get(key), (found) => found === undefined || (isObject(found) && typeof found.version === 'string')),
    set: (key, entry, options) =>
      checked(store.set(key, entry, options), (version) => version === undefined || typeof version === 'string'),
    lease: (key, limits, maxWait) =>
      checked(
        store.lease(key, limits, maxWait),
        (answer) => isObject(answer) && (isLease(answer) || isTime(answer.retryIn)),
      ),
  }
}

function checked<T>(answer: MaybePromise<T>, isValid: (answer: unknown) => boolean): MaybePromise<T> {
  const check = (given: T): T => {
    // Some clients say null for nothing.
    const value = given ?? (undefined as T)
    if (!isValid(value)) throw new TypeError('the answer of the store has another shape')
    return value
  }
  return when(answer, check)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function isLease({ startsIn, renew, release }: Members): boolean {
  return isTime(startsIn) && typeof renew === 'function' && typeof release === 'function'
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}
