import type { GrantCredential } from '../grants/grant.ts'
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

/** The client's credential for one token request, read once and passed down the chain of sources. */
export interface ClientCredential {
  /** The client id: public. */
  readonly id: string
  readonly secret?: string | undefined
  /**
   * What the client is known by in place of the secret, to the lock-out guard and in the store: the thumbprint of a key
   * whose signatures differ each time. Nothing that others could use as a credential.
   */
  readonly fingerprint?: string | undefined
  /** Further headers of the token request. */
  readonly headers?: Readonly<Record<string, string>>
  /** The grant's own. */
  readonly grant?: GrantCredential | undefined
}

/** Why a token is requested. */
export type TokenRequestReason = 'cold' | 'expired' | 'refresh-ahead' | 'rejected' | 'reset'

export interface TokenRequest {
  readonly signal?: AbortSignal | undefined
  readonly reason?: TokenRequestReason
  readonly credential?: ClientCredential
  /** Says of a token's value that it will not do, refused or soon to end: a store may still hold it. */
  readonly superseded?: ((value: string) => boolean) | undefined
  /** Rejections in a row that others have seen for this credential. */
  readonly rejections?: number | undefined
}

/** Something that yields an access token; cache and guard decorate one. */
export interface TokenSource {
  /** The credential that the next token request would use. */
  credential?(): MaybePromise<ClientCredential>
  /** Yields an access token; synchronous when it is at hand. */
  token(request?: TokenRequest): MaybePromise<AccessToken>
}

/** What a strategy needs beyond the token: the three things a person or a 401 asks of the cache. */
export interface TokenSourceControl {
  /**
   * The API refused `value`: drops it if it is still the current token. True if another may now be had, which is not
   * looked into once the signal has aborted.
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
