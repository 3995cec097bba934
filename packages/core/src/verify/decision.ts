import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Challenge } from './challenge.ts'
import type { Identity } from './identity.ts'
import type { InboundRequest } from './request.ts'
import type { SecurityScheme } from './security-scheme.ts'

/** Why a request is refused. The answers: 401, 401, 403, 403, 400, 413, 429, 503. */
export type RefusalOutcome =
  /** No credential was presented. */
  | 'missing'
  /** A credential was presented, and is not accepted. */
  | 'invalid'
  /** The credential is accepted, and does not grant what the route asks for. */
  | 'insufficient_scope'
  /** Every layer is accepted, and they do not name the same party. */
  | 'party_mismatch'
  /** The request cannot be read in one way only, as with two `Authorization` headers. */
  | 'bad_request'
  /** The body is longer than may be read to check its signature. */
  | 'too_large'
  /** Too many failed attempts. */
  | 'throttled'
  /** What the decision depends on is not available now. */
  | 'undecided'

/** What exactly was wrong with a credential, for logs, audits and tests; never sent to the client. */
export type Reason =
  | 'missing'
  | 'duplicate_header'
  | 'malformed'
  /** No such key, user or secret. */
  | 'unknown'
  | 'expired'
  | 'not_yet_valid'
  /** A certificate without a chain to a trust anchor. */
  | 'untrusted'
  /** The credential is accepted, and names no party. */
  | 'party_unknown'
  | 'algorithm'
  | 'type'
  | 'critical_header'
  | 'key_not_found'
  | 'signature'
  /** The same signed request has been delivered before. */
  | 'replayed'
  | 'too_large'
  /** The body was read before its signature could be checked. */
  | 'body_consumed'
  | 'issuer'
  | 'audience'
  | 'claim'
  | 'inactive'
  | 'revoked'
  /** A token bound to a certificate or key that the request does not prove possession of. */
  | 'confirmation'
  | 'scope'
  | 'attempts'
  /** The runtime does not say whether the credential was presented, as a certificate on a Fetch request. */
  | 'not_visible'
  | 'unavailable'
  /** A verifier of the caller's own refused without a reason that is known here. */
  | 'refused'

/** What one layer said about a request. */
export interface LayerReport {
  /** The layer's name: `clientCertificate`, `apiKey`, `basic`, `bearer`, or the one it was given. */
  readonly layer: string
  readonly outcome: 'authenticated' | RefusalOutcome
  /** What is wrong; absent when the layer is authenticated. */
  readonly reason?: Reason
  /** Where the layer's credential rides: a header's name, or `tls`. */
  readonly via: string
  /** Who the layer says it is, when it is authenticated. */
  readonly party?: string
  /** Which credential it was, once known: id of a key, user name, thumbprint of a certificate, `jti` of a token. */
  readonly credential?: string
  /** What a person who looks into it wants to know; holds no secret. */
  readonly detail?: string
}

/** The request is authenticated. */
export interface Authenticated {
  readonly outcome: 'authenticated'
  readonly identity: Identity
  readonly reports: readonly LayerReport[]
}

/** The request is refused. */
export interface Refused {
  readonly outcome: RefusalOutcome
  /** What each layer said, in the policy's order. */
  readonly reports: readonly LayerReport[]
  /** What the `WWW-Authenticate` header tells the client (RFC 9110 section 11.6.1). */
  readonly challenges: readonly Challenge[]
  /** Seconds after which the client may ask again. */
  readonly retryAfter?: number
}

export type Decision = Authenticated | Refused

/** Decides whether a request is authenticated, and names the caller. */
export interface Policy {
  /** Names of the layers that it is made of. */
  readonly layers: readonly string[]
  /** Decides; synchronous when nothing has to be fetched. Neither throws nor rejects. */
  decide(request: InboundRequest): MaybePromise<Decision>
  /** What `describePolicy` tells about it. A policy of your own may go without. */
  readonly shape?: PolicyShape
}

/** What a policy is made of: one scheme, or other policies. */
export type PolicyShape =
  | { readonly name: string; readonly scheme: SecurityScheme }
  | { readonly all: readonly Policy[] }
  | { readonly any: readonly Policy[] }
