import { type Clock, systemClock } from '../clock.ts'
import { expiringMap } from '../lib/expiring-map.ts'
import { aClock, checkOptions, integer } from '../lib/options.ts'
import { firstFreeSlot } from './rate-limit.ts'
import type { Lease, TokenStore, VersionedEntry } from './token-store.ts'

/**
 * A store in this process, for strategies that are made more than once for the same account. The least recently used
 * entries beyond `max` (default 10 000) are forgotten.
 *
 * @throws ConfigurationError for a `max` that is no positive integer.
 */
export function memoryStore(options: { max?: number; clock?: Clock } = {}): TokenStore {
  checkOptions(options, { max: integer(1), clock: aClock }, 'memoryStore')
  const { max = 10_000, clock = systemClock } = options
  const now = (): number => clock.monotonic()
  const entries = expiringMap<string, VersionedEntry>(max, now)
  /** Starts of the leases of a key, ascending. */
  const leases = expiringMap<string, readonly { readonly at: number }[]>(max, now)
  let versions = 0

  return {
    shared: false,
    get: (key) => entries.get(key),
    set(key, entry, { expected, ttl }) {
      if (entries.get(key)?.version !== expected || !(ttl > 0)) return undefined
      const version = String(++versions)
      entries.set(key, { entry, version }, ttl)
      return version
    },
    lease(key, limits, maxWait) {
      const longest = Math.max(...limits.map(({ per }) => per))
      const keep = (starts: readonly { readonly at: number }[], now: number): void => {
        const last = starts.at(-1)
        if (last === undefined) leases.delete(key)
        else leases.set(key, starts, last.at - now + longest)
      }
      const others = (now: number, own?: object): readonly { readonly at: number }[] =>
        (leases.get(key) ?? []).filter((start) => start !== own && start.at > now - longest)

      const now = clock.monotonic()
      const taken = others(now)
      const at = firstFreeSlot(
        taken.map((start) => start.at),
        limits,
        now,
        maxWait,
      )
      if (at - now > maxWait) return { retryIn: at - now }
      let own = { at }
      keep([...taken, own], now)
      const lease: Lease = {
        startsIn: at - now,
        renew() {
          const now = clock.monotonic()
          if (!leases.get(key)?.includes(own) || own.at <= now - longest) return false
          const rest = others(now, own)
          own = { at: now }
          keep(
            [...rest, own].sort((a, b) => a.at - b.at),
            now,
          )
          return true
        },
        release() {
          const now = clock.monotonic()
          if (leases.get(key)?.includes(own)) keep(others(now, own), now)
        },
      }
      return lease
    },
  }
}
