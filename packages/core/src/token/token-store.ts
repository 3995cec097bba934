import type { MaybePromise } from '../lib/maybe-promise.ts'

/** What is kept for one account: its token, the failure that stands in the way, or neither. Plain data. */
export interface StoredEntry {
  /** Epoch ms, by the writer's clock. */
  readonly writtenAt: number
  readonly token?: {
    readonly value: string
    /** Epoch ms, by the writer's clock. */
    readonly expiresAt: number
    readonly lifetime: number
    readonly scope?: string
  }
  readonly failure?: {
    readonly code:
      | 'ERR_AUTH_CREDENTIALS_REJECTED'
      | 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
      | 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
      | 'ERR_AUTH_TOKEN_RESPONSE_INVALID'
    readonly message: string
    /** Epoch ms, by the writer's clock. */
    readonly retryAt: number
    readonly status?: number
    readonly error?: string
    /** Of a background refresh: it has made one attempt only, where callers who wait are owed a few. */
    readonly background?: boolean
  }
  /** Rejections in a row: the next lock-out window grows with them. */
  readonly rejections?: number
  /** Token requests in a row that found the endpoint unavailable: the next background attempt waits longer. */
  readonly outages?: number
}

/** An entry as the store holds it; `version` tells one writing from another. */
export interface VersionedEntry {
  /** `undefined` where something is held that cannot be read: it means nothing, and may be written over. */
  readonly entry: StoredEntry | undefined
  readonly version: string
  /** ms since it was written, by the store's clock; absent where store and caller have the same clock. */
  readonly age?: number
}

/** At most `count` in any period of `per` ms. */
export interface RateLimit {
  readonly count: number
  readonly per: number
}

/** The right to make one request: it counts against the limits from its start on, until it is released. */
export interface Lease {
  /** ms until it starts. */
  readonly startsIn: number
  /** Starts its time again. False when it has ended: another process may hold it by now. */
  renew(): MaybePromise<boolean>
  release(): MaybePromise<void>
}

/** No lease: the first could start in `retryIn` ms. */
export interface LeaseRefusal {
  readonly retryIn: number
}

/** Where several strategies, or the processes of a fleet, share tokens, rejections and budgets. */
export interface TokenStore {
  /** Whether others can read what is stored here: keys are then derived so that they reveal no secret. Default `true`. */
  readonly shared?: boolean
  get(key: string): MaybePromise<VersionedEntry | undefined>
  /**
   * Writes `entry` if the key still has the version `expected` (`undefined`: no entry), and yields the new version;
   * `undefined` if it has another. The entry may be forgotten after `ttl` ms.
   */
  set(
    key: string,
    entry: StoredEntry,
    options: { expected: string | undefined; ttl: number },
  ): MaybePromise<string | undefined>
  /**
   * Takes a lease of the key that keeps within all `limits`, and starts within `maxWait` ms (0: at once). One lease in
   * `ms`, given back when it is done, is mutual exclusion; leases that are not given back are a rate.
   */
  lease(key: string, limits: readonly RateLimit[], maxWait: number): MaybePromise<Lease | LeaseRefusal>
}
