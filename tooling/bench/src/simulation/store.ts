import { type Lease, memoryStore, type TokenStore } from '@auth/core'
import { latency } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A store as far away as Redis is, that counts what it is asked. */
export interface SimulatedStore extends TokenStore {
  /** While true, answers at once and keeps nothing: processes prepare what is no matter of time. */
  idle: boolean
  /** Answers nothing for so long, and has then lost what was written in the second before. */
  failOver(ms: number): void
}

// Within a data centre: half a millisecond and a bit. A client that is not connected says so after 900 ms.
const DISTANCE = { least: 0.5, spread: 0.5 }
const NOT_CONNECTED = 900
const LOST = 1000

export function simulatedStore(time: VirtualTime, random: () => number, asked: () => void): SimulatedStore {
  const { clock } = time
  let inner = memoryStore({ clock, max: 1_000_000 })
  const written = new Map<string, number>()
  let away = false

  async function answer<T>(question: () => T | Promise<T>): Promise<T> {
    asked()
    if (away) {
      await clock.delay(NOT_CONNECTED)
      throw new Error('not connected')
    }
    await clock.delay(latency(random, DISTANCE.least, DISTANCE.spread) / 2)
    const value = await question()
    await clock.delay(latency(random, DISTANCE.least, DISTANCE.spread) / 2)
    return value
  }

  const store: SimulatedStore = {
    shared: false,
    idle: false,
    get: (key) => (store.idle ? undefined : answer(() => inner.get(key))),
    set: (key, entry, options) => {
      if (store.idle) return 'none'
      return answer(() => {
        written.set(key, clock.monotonic())
        return inner.set(key, entry, options)
      })
    },
    lease: async (key, limits, maxWait) => {
      const lease = await answer(() => inner.lease(key, limits, maxWait))
      if (!('release' in lease)) return lease
      return {
        startsIn: lease.startsIn,
        renew: () => answer(() => lease.renew()),
        release: () => answer(() => lease.release()),
      } satisfies Lease
    },
    failOver(ms) {
      const from = clock.monotonic()
      away = true
      time.at(from + ms, async () => {
        // The replica knows nothing of leases and writings that had not reached it.
        const replica = memoryStore({ clock, max: 1_000_000 })
        for (const [key, at] of written) {
          const entry = (await inner.get(key))?.entry
          if (at < from - LOST && entry !== undefined) {
            await replica.set(key, entry, { expected: undefined, ttl: 24 * 60 * 60 * 1000 })
          }
        }
        inner = replica
        away = false
      })
    },
  }
  return store
}
