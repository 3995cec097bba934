import type { Clock } from '../../clock.ts'
import { age, type Moment, moment } from '../../lib/age.ts'
import { backoff } from '../credentials/backoff.ts'
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

/**
 * Keys of a JWKS that is fetched when it is needed: one fetch at a time for everybody, growing pauses after failures,
 * and keys at hand stay in use while the JWKS cannot be fetched, until they are too old.
 */
export function remoteKeys(fetchKeys: () => Promise<unknown>, times: JwksTimes, clock: Clock): KeySource {
  let keys: KeySet | undefined
  let loaded: Moment = { wall: 0, monotonic: 0 }
  let flight: Promise<KeySet> | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  /** Why the last fetch failed, if it did. */
  let problem: string | undefined
  const pause = backoff(clock)

  const usable = (): KeySet | undefined =>
    keys !== undefined && age(loaded, clock) < times.staleAfter ? keys : undefined

  const fetchOnce = async (): Promise<KeySet> => {
    const started = moment(clock)
    attemptedAt = started.monotonic
    try {
      keys = readKeySet(await fetchKeys(), keys)
      loaded = started
      problem = undefined
      pause.succeeded()
      return keys
    } catch (error) {
      problem = error instanceof Error ? error.message : 'no reason was given'
      pause.failed(error)
      throw unavailable(error)
    }
  }
  const unavailable = (cause?: unknown): VerificationError =>
    new VerificationError(
      'temporarily_unavailable',
      'unavailable',
      `the keys of the issuer cannot be had: ${problem}`,
      {
        retryAfter: Math.max(1, pause.remaining() / 1000),
        cause,
      },
    )
  const load = (): Promise<KeySet> => {
    if (flight !== undefined) return flight
    if (pause.remaining() > 0) return Promise.reject(unavailable())
    flight = fetchOnce().finally(() => {
      flight = undefined
    })
    return flight
  }

  return {
    current() {
      if (keys === undefined) return undefined
      const old = age(loaded, clock)
      if (old < times.refreshAfter) return keys
      if (flight === undefined && pause.remaining() === 0) load().catch(() => {})
      return old < times.staleAfter ? keys : undefined
    },
    load,
    lookAgain() {
      const found = usable()
      const cooling = clock.monotonic() - attemptedAt < times.cooldown
      return found !== undefined && problem === undefined && flight === undefined && cooling
        ? Promise.resolve(found)
        : load()
    },
  }
}
