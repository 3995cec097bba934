import type { Strategy } from '@auth/core'
import type { RequestOptions } from './call.ts'

/** What got takes for a `cache`: a Map, a Keyv, or one of its adapters. */
interface Storage {
  get(key: string): unknown
  set(key: string, value: unknown, ttl?: number): unknown
  delete(key: string): unknown
  clear?(): unknown
  on?(event: string, listener: (...args: unknown[]) => void): unknown
}

const caches = new WeakMap<Strategy, WeakMap<Storage, AccountCache>>()

/** Gives a request the account's own part of the user's cache: answers to one account are not for another. */
export function useAccountCache(strategy: Strategy, options: RequestOptions): void {
  const { cache } = options
  if (typeof cache !== 'object' || cache === null || cache instanceof AccountCache) return
  const storage = cache as Storage
  const known = caches.get(strategy) ?? new WeakMap<Storage, AccountCache>()
  caches.set(strategy, known)
  const own = known.get(storage) ?? new AccountCache(storage)
  known.set(storage, own)
  options.cache = own as unknown as NonNullable<RequestOptions['cache']>
}

class AccountCache {
  readonly #storage: Storage
  // By chance, because anything made of the credentials would be kept at rest.
  readonly #prefix = `${crypto.randomUUID()}:`

  constructor(storage: Storage) {
    this.#storage = storage
  }

  get(key: string): unknown {
    return this.#storage.get(this.#prefix + key)
  }

  set(key: string, value: unknown, ttl?: number): unknown {
    return this.#storage.set(this.#prefix + key, value, ttl)
  }

  delete(key: string): unknown {
    return this.#storage.delete(this.#prefix + key)
  }

  /** Only what belongs to the account may go, and a storage does not list it. */
  clear(): void {}

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#storage.on?.(event, listener)
    return this
  }
}
