import { putBounded } from './bounded-map.ts'

export interface ExpiringMap<K, V> {
  get(key: K): V | undefined
  /** Kept for `ttl` ms. */
  set(key: K, value: V, ttl: number): void
  delete(key: K): void
}

/**
 * Entries that expire, the least recently used of which is forgotten beyond `max`. Small, because it is part of every
 * bundle; the caches of verification, which hold more and hotter entries, are quick-lru's.
 */
export function expiringMap<K, V>(max: number, now: () => number): ExpiringMap<K, V> {
  const entries = new Map<K, { readonly value: V; readonly until: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (now() > entry.until) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, ttl) {
      putBounded(entries, key, { value, until: now() + ttl }, max)
    },
    delete(key) {
      entries.delete(key)
    },
  }
}
