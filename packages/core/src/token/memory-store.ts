import { LRUCache } from 'lru-cache'
import { ConfigurationError } from '../errors.ts'
import type { TokenStore, VersionedEntry } from './token-store.ts'

/**
 * A store in this process, for strategies that are made more than once for the same account. The least recently used
 * entries beyond `max` (default 10 000) are forgotten.
 *
 * @throws ConfigurationError for a `max` that is no positive integer.
 */
export function memoryStore(options: { max?: number } = {}): TokenStore {
  const { max = 10_000 } = options
  if (!Number.isInteger(max) || max < 1) throw new ConfigurationError('max', 'must be a positive integer')
  const entries = new LRUCache<string, VersionedEntry>({ max })
  const leases = new Map<string, symbol>()
  let versions = 0

  return {
    shared: false,
    get: (key) => entries.get(key),
    set(key, entry, { expected, ttl }) {
      if (entries.get(key)?.version !== expected) return false
      if (entry === undefined) entries.delete(key)
      else if (ttl > 0) entries.set(key, { entry, version: String(++versions) }, { ttl })
      return true
    },
    lease(key, ms) {
      if (leases.has(key)) return undefined
      const mine = Symbol()
      const release = (): void => {
        clearTimeout(timer)
        if (leases.get(key) === mine) leases.delete(key)
      }
      // Only in case a holder never comes back; it must not keep the process alive.
      const timer = setTimeout(release, ms) as { unref?: () => void } & ReturnType<typeof setTimeout>
      timer.unref?.()
      leases.set(key, mine)
      return { release }
    },
  }
}
