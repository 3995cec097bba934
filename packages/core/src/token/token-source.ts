import type { MaybePromise } from '../lib/maybe-promise.ts'

/** An access token (RFC 6749 section 1.4). In those made here `value` is not enumerable: it shows up in no log. */
export interface AccessToken {
  readonly value: string
  /** Epoch ms. */
  readonly expiresAt: number
  /** ms it was issued for. Default: what is left of it when it is first seen. */
  readonly lifetime?: number | undefined
  readonly scope?: string | undefined
}

/** The client's credential for one token request. */
export interface ClientCredential {
  /** The client id: public. */
  readonly id: string
  readonly secret?: string | undefined
  /**
   * What the client is known by in place of the secret, to the lock-out guard and in the store: the thumbprint of a key
   * whose signatures differ each time. Nothing that others could use as a credential.
   */
  readonly fingerprint?: string | undefined
}

/** Why a token is requested. */
export type TokenRequestReason = 'cold' | 'expired' | 'refresh-ahead' | 'rejected' | 'reset'

/** The API request that a token is for. */
export interface Caller {
  /** Method of the request, as the caller wrote it. */
  readonly method: string
  /** Path of the request, without its query. */
  readonly path: string
}

export interface TokenRequest {
  /** Ends this caller's wait. */
  readonly signal?: AbortSignal | undefined
  /** For events. Absent where the source is asked directly. */
  readonly caller?: Caller | undefined
  /** Where the source is asked directly: only `rejected`, when the API rejected its token. */
  readonly reason?: TokenRequestReason
}

/** Something that yields an access token. */
export interface TokenSource {
  /** Yields an access token; synchronous when it is at hand. */
  token(request?: TokenRequest): MaybePromise<AccessToken>
}

/** What a strategy needs beyond the token: the three things a person or a 401 asks of the cache. */
export interface TokenSourceControl {
  /**
   * The API rejected `value`: drops it if it is still the current token. True if there is another one now; once the
   * signal has aborted, no other is looked for.
   */
  reject(value: string, signal?: AbortSignal): Promise<boolean>
  /** State and times, nothing secret. */
  status(): TokenStatus
  /** Forgets token and remembered failure, here and in the store. */
  reset(): Promise<void>
}

/** The state of a token source; times in epoch ms. */
export interface TokenStatus {
  readonly state: 'empty' | 'fresh' | 'refreshing' | 'expired' | 'rejected' | 'throttled'
  readonly expiresAt?: number | undefined
  /** When a background refresh becomes due. */
  readonly refreshAt?: number | undefined
  /** Before this no token request is made. */
  readonly blockedUntil?: number | undefined
  readonly lastFailure?: { readonly code: string; readonly message: string; readonly at: number } | undefined
}
