import type { Clock } from '../clock.ts'

/** Decides whether a token that the API has rejected is worth another token request. */
export interface RecoveryLimit {
  /** @param age ms since the token was requested. @param lifetime ms it was issued for. */
  allows(age: number, lifetime: number): boolean
  reset(): void
}

// Rejections of tokens that had just been issued: three in quick succession are believed, then one a minute.
const BURST = 3
const EVERY = 60_000

/**
 * A token that has served for a while and is rejected then was revoked: another will do. One that is rejected as soon
 * as it was issued is not the trouble: another would be rejected as well, so only a few of those are believed (a token
 * bucket).
 */
export function recoveryLimit(clock: Pick<Clock, 'monotonic'>): RecoveryLimit {
  let left = BURST
  let since = clock.monotonic()
  return {
    allows(age, lifetime) {
      if (age >= justIssued(lifetime)) return true
      const now = clock.monotonic()
      const regained = Math.floor((now - since) / EVERY)
      if (regained > 0) {
        left = Math.min(left + regained, BURST)
        since += regained * EVERY
      }
      if (left === 0) return false
      if (left === BURST) since = now
      left--
      return true
    },
    reset() {
      left = BURST
    },
  }
}

/** ms for which a token counts as just issued. */
function justIssued(lifetime: number): number {
  return Math.min(0.05 * lifetime, EVERY)
}
