import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { Reason } from '../decision.ts'
import type { InboundRequest } from '../request.ts'

/** The claims of an access token (RFC 7519 section 4, RFC 9068 section 2.2). */
export interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** Seconds since the epoch. */
  readonly exp?: number
  /** Seconds since the epoch. */
  readonly nbf?: number
  /** Seconds since the epoch. */
  readonly iat?: number
  readonly jti?: string
  readonly client_id?: string
  readonly scope?: string | readonly string[]
  readonly [name: string]: unknown
}

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
