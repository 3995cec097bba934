import type { Clock } from '../clock.ts'
import { DocumentError } from './fetch-document.ts'
import { type KeySet, readKeySet } from './key-set.ts'
import { VerificationError } from './verifier.ts'

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys at hand, unless they are too old to be trusted. */
  current(): KeySet | undefined
  /** Fetches the keys because none are at hand. */
  load(): Promise<KeySet>
  /** Yields the keys to look once more for one that {@link current} does not have. */
  lookAgain(): Promise<KeySet>
}

export interface JwksTimes {
  /** ms after which keys are fetched again, in the background. */
  readonly refreshAfter: number
  /** ms after which keys that could not be fetched again are no longer used. */
  readonly staleAfter: number
  /** ms between two fetches for keys that are not there. */
  readonly cooldown: number
}

/** Keys that never change. */
export function fixedKeys(keys: KeySet): KeySource {
  return { current: () => keys, load: async () => keys, lookAgain: async () => keys }
}

const FIRST_BACKOFF = 1000
const LAST_BACKOFF = 30_000
const LONGEST_RETRY_AFTER = 300_000

/**
 * Keys of a JWKS that is fetched when it is needed: one fetch at a time for everybody, growing pauses after failures,
 * and keys at hand are used on while the JWKS cannot be had, until they are too old.
 */
export function remoteKeys(fetchKeys: () => Promise<unknown>, times: JwksTimes, clock: Clock): KeySource {
  let keys: KeySet | undefined
  let loaded = { wall: 0, monotonic: 0 }
  let flight: Promise<KeySet> | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  let failures = 0
  /** Why the last fetch failed. */
  let problem = ''
  let retryAt = Number.NEGATIVE_INFINITY

  // The wall clock can be set back, the monotonic one stands still while the machine sleeps: the older age is right.
  const age = (): number => Math.max(clock.now() - loaded.wall, clock.monotonic() - loaded.monotonic)
  const usable = (): KeySet | undefined => (keys !== undefined && age() < times.staleAfter ? keys : undefined)

  const fetchOnce = async (): Promise<KeySet> => {
    attemptedAt = clock.monotonic()
    const started = { wall: clock.now(), monotonic: attemptedAt }
    try {
      keys = readKeySet(await fetchKeys(), keys)
      loaded = started
      failures = 0
      retryAt = Number.NEGATIVE_INFINITY
      return keys
    } catch (error) {
      const backoff = Math.min(FIRST_BACKOFF * 2 ** failures, LAST_BACKOFF)
      const asked = error instanceof DocumentError ? (error.retryAfter ?? 0) : 0
      failures++
      problem = error instanceof Error ? error.message : 'no reason was given'
      retryAt = clock.monotonic() + Math.max(backoff, Math.min(asked, LONGEST_RETRY_AFTER))
      throw unavailable(error)
    }
  }
  const unavailable = (cause?: unknown): VerificationError =>
    new VerificationError(
      'temporarily_unavailable',
      'unavailable',
      `the keys of the issuer cannot be had: ${problem}`,
      {
        retryAfter: Math.max(1, (retryAt - clock.monotonic()) / 1000),
        cause,
      },
    )
  const load = (): Promise<KeySet> => {
    if (flight !== undefined) return flight
    if (clock.monotonic() < retryAt) return Promise.reject(unavailable())
    flight = fetchOnce().finally(() => {
      flight = undefined
    })
    return flight
  }

  return {
    current() {
      const found = usable()
      if (found !== undefined && age() >= times.refreshAfter && flight === undefined && clock.monotonic() >= retryAt) {
        load().catch(() => {})
      }
      return found
    },
    load,
    lookAgain() {
      const found = usable()
      const cooling = clock.monotonic() - attemptedAt < times.cooldown
      return found !== undefined && failures === 0 && flight === undefined && cooling ? Promise.resolve(found) : load()
    },
  }
}
