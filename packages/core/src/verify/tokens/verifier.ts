import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { Reason } from '../decision.ts'
import type { InboundRequest } from '../request.ts'
import type { Claims } from './claims.ts'

export type { Claims } from './claims.ts'

/**
 * Verifies an access token: gives its claims, or `undefined` or an {@link InvalidTokenError} for a token that is not
 * accepted. It enforces `cnf` itself. Any other error means that the token could not be verified now.
 */
export interface Verifier {
  (token: string, request: InboundRequest): MaybePromise<Claims | undefined>
  /** Who the claims name. Default: `client_id`, else `azp`, `appid` (Entra v1), `sub`. */
  readonly party?: (claims: Claims) => string | undefined
  /** It refuses by itself what has other characters than a token may have. Default: `bearer` does so before it is asked. */
  readonly checksSyntax?: boolean
}

/** A token that is not accepted, or cannot be verified now. The message is for logs and is never sent to the client. */
export class VerificationError extends Error {
  /** `invalid_token` and `insufficient_scope` of RFC 6750 section 3.1, or that it cannot be decided now. */
  readonly code: 'invalid_token' | 'insufficient_scope' | 'temporarily_unavailable'
  readonly reason: Reason
  /** The scope that is needed, for `insufficient_scope`. */
  readonly scope: readonly string[] | undefined
  /** Seconds, for `temporarily_unavailable`. */
  readonly retryAfter: number | undefined

  constructor(
    code: VerificationError['code'],
    reason: Reason,
    message: string,
    details: { scope?: readonly string[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'VerificationError'
    this.code = code
    this.reason = reason
    this.scope = details.scope
    this.retryAfter = details.retryAfter
  }
}

/**
 * What a verifier of your own throws for a token that is not accepted: a 401 with `invalid_token`. The message is for
 * logs and is never sent to the client.
 *
 * @example
 * bearer((token) => {
 *   const session = sessions.get(token)
 *   if (session === undefined) throw new InvalidTokenError('no such session')
 *   return { sub: session.user }
 * })
 */
export class InvalidTokenError extends VerificationError {
  constructor(message = 'the token is not accepted', details: { reason?: Reason; cause?: unknown } = {}) {
    super('invalid_token', details.reason ?? 'refused', message, details)
    this.name = 'InvalidTokenError'
  }
}

/** A token that is not accepted (`invalid_token`). */
export const invalidToken = (reason: Reason, message: string): VerificationError =>
  new VerificationError('invalid_token', reason, message)
