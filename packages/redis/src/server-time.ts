// How long an estimate of the server's time may be used, and how many keys have one.
const USABLE_FOR = 60_000
const MOST_KEYS = 1000

/** The server's time as it was last seen for a key. */
export interface ServerTime {
  /** Keeps what the server of `key` said: epoch ms. */
  saw(key: string, at: number): void
  /** The server's time now; `undefined` if it was not seen within the last minute. */
  now(key: string): number | undefined
}

/**
 * Estimates the server's time by what it said a moment ago: a write follows a read of the same key, so it needs no
 * round trip of its own. Each key has its own estimate, because the nodes of a Cluster have clocks of their own.
 */
export function serverTime(): ServerTime {
  const seen = new Map<string, { readonly at: number; readonly wall: number; readonly monotonic: number }>()
  return {
    saw(key, at) {
      seen.delete(key)
      seen.set(key, { at, wall: Date.now(), monotonic: performance.now() })
      const [oldest] = seen.keys()
      if (seen.size > MOST_KEYS && oldest !== undefined) seen.delete(oldest)
    },
    now(key) {
      const last = seen.get(key)
      if (last === undefined) return undefined
      const passed = performance.now() - last.monotonic
      // A machine that slept counts by one clock and not by the other.
      const agreed = Math.abs(Date.now() - last.wall - passed) < 1000
      return agreed && passed < USABLE_FOR ? last.at + passed : undefined
    },
  }
}
