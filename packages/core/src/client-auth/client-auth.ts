import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { ClientCredential } from '../token/token-source.ts'

/** The parts of a token request that a client authentication may write to. */
export interface TokenRequestParts {
  readonly headers: Record<string, string>
  readonly parameters: [name: string, value: string][]
}

/** How the client proves itself at the token endpoint (RFC 6749 section 2.3). */
export interface ClientAuth {
  /** Its name in the IANA registry, with variants after a colon; part of the cache key. */
  readonly method: string
  credential(): MaybePromise<ClientCredential>
  apply(parts: TokenRequestParts, credential: ClientCredential): void
}
