import type { AuthErrorCode } from './errors.ts'
import { tell } from './lib/tell.ts'
import { debugListener } from './runtime/debug-events.ts'
import type { Caller, TokenRequestReason } from './token/token-source.ts'

interface Event<Type extends string> {
  readonly type: Type
  /** `id` of the strategy, or of the token source when it is used alone. */
  readonly id: string
  /** When it happened, epoch ms. */
  readonly at: number
}

/** What a token event is about, as far as it is known. */
interface TokenEvent<Type extends string> extends Event<Type> {
  /** Host of the token endpoint; absent for a token source of your own. */
  readonly host?: string
  /** Method of the API request that the token request began with. */
  readonly method?: string
  /** Path of that request, without its query. */
  readonly path?: string
}

/**
 * A token request goes out.
 *
 * What to do: nothing. Many of them with the reason `rejected` mean that the API rejects tokens before they end.
 */
export interface TokenRequestedEvent extends TokenEvent<'token-requested'> {
  /** `cold`: the first; `expired`; `refresh-ahead`: in the background, before it ends; `rejected`: by the API; `reset`. */
  readonly reason: TokenRequestReason
  /** 1 for the first attempt. */
  readonly attempt: number
}

/**
 * The token endpoint issued a token.
 *
 * What to do: nothing.
 */
export interface TokenIssuedEvent extends TokenEvent<'token-issued'> {
  /** When the token ends, epoch ms. */
  readonly expiresAt: number
  /** How long it lives, ms. */
  readonly lifetime: number
  /** How long the request took, ms. */
  readonly tookMs: number
}

/**
 * A token came from the shared store: another process had requested it.
 *
 * What to do: nothing.
 */
export interface TokenSharedEvent extends TokenEvent<'token-shared'> {
  /** When the token ends, epoch ms. */
  readonly expiresAt: number
}

/**
 * A token request failed: the endpoint rejected it, or could not be reached, or its answer made no sense.
 *
 * What to do: for `ERR_AUTH_CREDENTIALS_REJECTED` check the credentials, then call `reset()`. The other codes pass by
 * themselves; look at the network and at the carrier's status page when they do not.
 */
export interface TokenRequestFailedEvent extends TokenEvent<'token-request-failed'> {
  readonly code: AuthErrorCode
  readonly message: string
  /** HTTP status of the answer, where there was one. */
  readonly status?: number | undefined
  /** When the next attempt is made, epoch ms, where one is planned. */
  readonly retryAt?: number | undefined
}

/**
 * A token request was refused here, because of what an earlier one was answered. Nothing was sent.
 *
 * What to do: as for the `token-request-failed` before it. Once the credentials are right, `reset()` ends the wait.
 */
export interface TokenRequestBlockedEvent extends TokenEvent<'token-request-blocked'> {
  readonly code: AuthErrorCode
  /** When requests go out again, epoch ms. */
  readonly retryAt: number
}

/**
 * The API rejected the current token.
 *
 * What to do: nothing, unless they come in numbers: then something else revokes the tokens, or the API rejects all of
 * them.
 */
export interface TokenRejectedEvent extends TokenEvent<'token-rejected'> {
  /** Whether another token is requested; false when that has happened too often of late. */
  readonly believed: boolean
}

/**
 * A token request waits for its turn within the token endpoint's budget.
 *
 * What to do: share one token by a `store`, or make fewer strategies for one account.
 */
export interface TokenRequestQueuedEvent extends TokenEvent<'token-request-queued'> {
  /** When its turn comes, epoch ms. */
  readonly startsAt: number
}

/**
 * The store did not answer in time, or failed. Requests go on without it.
 *
 * What to do: look at the store.
 */
export interface StoreFailedEvent extends Event<'store-failed'> {
  readonly operation: string
  readonly message: string
  /** How many operations in a row have failed. */
  readonly failures: number
}

/**
 * The store answers again.
 *
 * What to do: nothing.
 */
export interface StoreRecoveredEvent extends Event<'store-recovered'> {
  /** How many operations in a row had failed. */
  readonly failures: number
}

/**
 * The store knows nothing of an account whose token is at hand: it was evicted, flushed, or written while the store
 * failed.
 *
 * What to do: nothing, unless they come in numbers: then the store evicts what it should keep.
 */
export interface StoreMissedEvent extends Event<'store-missed'> {}

/**
 * The refresh token that replaces the used one could not be saved. It stays in memory, and saving is tried again with the
 * next token request.
 *
 * What to do: mend what `save` writes to before the process ends, or somebody has to sign in again.
 */
export interface RefreshTokenNotSavedEvent extends TokenEvent<'refresh-token-not-saved'> {
  /** Name and code of the error, never its message. */
  readonly message: string
}

/**
 * The API rejected the credentials of a request (`recoverOn` says which answers mean that).
 *
 * What to do: nothing where `recovered` is true. Else `reason` says what to look at.
 */
export interface ChallengedEvent extends Event<'challenged'>, Caller {
  /** HTTP status of the answer. */
  readonly status: number
  /** Whether the request may be sent once more. */
  readonly recovered: boolean
  readonly reason: string
}

/**
 * A request goes to an origin that is not trusted, and so without credentials (or not at all, where `strict` is set).
 *
 * What to do: nothing for presigned URLs and other hosts. For a host of the carrier's, check the URL, the environment
 * and the option `origins`.
 */
export interface OriginUntrustedEvent extends Event<'origin-untrusted'> {
  /** Method of the request. Its path stays untold: that of another host may be a secret. */
  readonly method: string
  /** Scheme, host and port of the request. */
  readonly origin: string
}

/**
 * The caller has set the header of a layer, which therefore attaches nothing.
 *
 * What to do: nothing if that was meant. Otherwise look for an old interceptor, hook or default that sets the header.
 */
export interface CallerHeaderUsedEvent extends Event<'caller-header-used'>, Caller {
  /** Name of the header, in lower case. */
  readonly header: string
  /** Whether the caller asked for no such header at all. */
  readonly omitted: boolean
}

/**
 * A client certificate ends soon: once each at 30, 14, 7 and 1 days before, noticed with a request or by `ready()`.
 *
 * What to do: have the carrier sign a new one. An identity that is a function takes effect without a restart.
 */
export interface CertificateExpiringEvent extends Event<'certificate-expiring'> {
  /** When the certificate ends, epoch ms. */
  readonly expiresAt: number
  /** Whole days until then; 0 on its last day. */
  readonly daysLeft: number
}

/**
 * `reset()` was called: tokens and remembered rejections are forgotten.
 *
 * What to do: nothing.
 */
export interface ResetEvent extends Event<'reset'> {}

/** Every decision of a strategy and its token source: enough to answer "why was a token just requested?". No secrets. */
export type AuthEvent =
  | TokenRequestedEvent
  | TokenIssuedEvent
  | TokenSharedEvent
  | TokenRequestFailedEvent
  | TokenRequestBlockedEvent
  | TokenRejectedEvent
  | TokenRequestQueuedEvent
  | StoreFailedEvent
  | StoreRecoveredEvent
  | StoreMissedEvent
  | RefreshTokenNotSavedEvent
  | ChallengedEvent
  | OriginUntrustedEvent
  | CallerHeaderUsedEvent
  | CertificateExpiringEvent
  | ResetEvent

/** Receives events. What it throws, or what its promise rejects with, is ignored. */
export type AuthEventListener = (event: AuthEvent) => void

type Unstamped<E> = E extends AuthEvent ? Omit<E, 'id' | 'at'> : never
export type Emit = (event: Unstamped<AuthEvent>) => void

/**
 * Stamps events and hands them to the listener, and to standard error where `AUTH_DEBUG` is set. `undefined` when nobody
 * listens, so that no event is built in vain.
 */
export function emitter(
  onEvent: AuthEventListener | undefined,
  id: string,
  clock: { now(): number },
): Emit | undefined {
  const debug = debugListener()
  if (onEvent === undefined && debug === undefined) return undefined
  return (event) => {
    const stamped = { id, at: clock.now(), ...event } as AuthEvent
    tell(debug, stamped)
    tell(onEvent, stamped)
  }
}
