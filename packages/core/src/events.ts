import type { AuthErrorCode } from './errors.ts'
import { tell } from './lib/tell.ts'
import type { TokenRequestReason } from './token/token-source.ts'

interface Event<Type extends string> {
  readonly type: Type
  /** `id` of the strategy, or of the token source when it is used alone. */
  readonly id: string
  /** Epoch ms. */
  readonly at: number
}

/** Every decision of a strategy and its token source: enough to answer "why was a token just requested?". No secrets. */
export type AuthEvent =
  /** A token request goes out. */
  | (Event<'token-requested'> & { readonly reason: TokenRequestReason; readonly attempt: number })
  | (Event<'token-issued'> & { readonly expiresAt: number; readonly lifetime: number; readonly tookMs: number })
  /** A token came from the shared store: another process had requested it. */
  | (Event<'token-shared'> & { readonly expiresAt: number })
  | (Event<'token-request-failed'> & {
      readonly code: AuthErrorCode
      readonly message: string
      readonly status?: number | undefined
      /** Epoch ms of the next attempt, where one is planned. */
      readonly retryAt?: number | undefined
    })
  /** A token request was refused locally, because of an earlier answer. */
  | (Event<'token-request-blocked'> & { readonly code: AuthErrorCode; readonly retryAt: number })
  /** The API refused the current token; `believed` is false when it was refreshed too often of late. */
  | (Event<'token-rejected'> & { readonly believed: boolean })
  /** The request waits for its turn within the token endpoint's budget, until `startsAt` (epoch ms). */
  | (Event<'token-request-queued'> & { readonly startsAt: number })
  /** The store did not answer in time, or failed: what follows is done without it. `failures` in a row. */
  | (Event<'store-failed'> & { readonly operation: string; readonly message: string; readonly failures: number })
  /** The store answers again, after so many `failures`. */
  | (Event<'store-recovered'> & { readonly failures: number })
  /** The store knows nothing of an account whose token is at hand: evicted, flushed, or requested while it failed. */
  | (Event<'store-missed'> & object)
  /** A response asked for authentication; `recovered`: the request may be sent once more. */
  | (Event<'challenged'> & { readonly status: number; readonly recovered: boolean; readonly reason: string })
  /** The request goes to an origin that is not trusted, and goes without credentials. */
  | (Event<'origin-untrusted'> & { readonly origin: string })
  | (Event<'reset'> & object)

/** Receives events; what it throws, or a promise of its own is rejected with, is ignored. */
export type AuthEventListener = (event: AuthEvent) => void

type Unstamped<E> = E extends AuthEvent ? Omit<E, 'id' | 'at'> : never
export type Emit = (event: Unstamped<AuthEvent>) => void

/** Stamps events and hands them over; `undefined` without a listener, so that nothing is built for nobody. */
export function emitter(
  onEvent: AuthEventListener | undefined,
  id: string,
  clock: { now(): number },
): Emit | undefined {
  if (onEvent === undefined) return undefined
  return (event) => tell(onEvent, { id, at: clock.now(), ...event } as AuthEvent)
}
