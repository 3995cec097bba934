import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@auth/core'

// packages/core: how long a store is waited for, in ms.
const PATIENCE = 1000

/**
 * A clock by which Redis that works has all the time it takes: a busy machine is no outage. Only while `isAway` says that
 * Redis is gone, the wait for it ends, and `onSpent` hears of each that did. `passed` ms have gone by for tokens, not for
 * timers.
 */
export function patientClock({
  isAway = () => false,
  onSpent = () => {},
  passed = () => 0,
}: {
  readonly isAway?: () => boolean
  readonly onSpent?: () => void
  readonly passed?: () => number
}): Clock {
  return {
    now: () => Date.now() + passed(),
    monotonic: () => performance.now() + passed(),
    async delay(ms, signal) {
      if (ms !== PATIENCE) return delay(ms, undefined, { signal })
      // Looked at again and again: Redis may go away while it is waited for.
      for (let waited = 0; waited < PATIENCE; waited = isAway() ? waited + 50 : 0)
        await delay(50, undefined, { signal })
      onSpent()
    },
  }
}
