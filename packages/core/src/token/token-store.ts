import type { MaybePromise } from '../secret.ts'

/** What is kept for one account: its token, or the failure that stands in the way. Plain data. */
export interface StoredEntry {
  readonly token?: {
    readonly value: string
    readonly expiresAt: number
    readonly lifetime: number
    readonly scope?: string
  }
  readonly failure?: {
    readonly code: 'ERR_AUTH_CREDENTIALS_REJECTED' | 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
    readonly message: string
    /** Epoch ms. */
    readonly retryAt: number
    readonly status?: number
    readonly error?: string
    /** Rejections in a row. */
    readonly count: number
  }
}

/** An entry as the store holds it; `version` tells one writing from another. */
export interface VersionedEntry {
  readonly entry: StoredEntry
  readonly version: string
}

/** The exclusive right to request the token of a key. */
export interface Lease {
  release(): MaybePromise<void>
}

/** Where several strategies, or the processes of a fleet, share tokens and rejections. */
export interface TokenStore {
  /** Whether others can read what is stored here: keys are then derived so that they reveal no secret. Default `true`. */
  readonly shared?: boolean
  get(key: string): MaybePromise<VersionedEntry | undefined>
  /**
   * Writes `entry` (deletes for `undefined`) if the key still has the version `expected` (`undefined`: no entry); says
   * whether it did. The entry may be forgotten after `ttl` ms.
   */
  set(
    key: string,
    entry: StoredEntry | undefined,
    options: { expected: string | undefined; ttl: number },
  ): MaybePromise<boolean>
  /** Takes the lease for at most `ms`, or `undefined` while another has it. */
  lease(key: string, ms: number): MaybePromise<Lease | undefined>
}
