import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { ClientCredential } from '../token/token-source.ts'

/** The parts of a token request that a client authentication or a grant may write to. */
export interface TokenRequestParts {
  /** The token endpoint, as the request will be sent to it without the grant's own query parameters. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  readonly parameters: [name: string, value: string][]
}

/**
 * How the client proves itself at the token endpoint (RFC 6749 section 2.3). `credential` is read once for a call;
 * `apply` is awaited for each attempt, so what must be fresh, such as a signed assertion, is made there.
 */
export interface ClientAuth {
  /** Its name in the IANA registry, with variants after a colon; part of the cache key. */
  readonly method: string
  credential(): MaybePromise<ClientCredential>
  apply(parts: TokenRequestParts, credential: ClientCredential): MaybePromise<void>
}
