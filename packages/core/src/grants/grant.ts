import type { TokenRequestParts } from '../client-auth/client-auth.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** Whose grant it is, and the secrets that it sends. */
export interface GrantCredential {
  /** Public: a user name, an account. */
  readonly id: string
  readonly secret?: string | undefined
  /** What the account is known by in place of the secret, where that is made afresh or changes with each use. */
  readonly fingerprint?: string | undefined
}

/** What a token request asks for. */
export interface Grant {
  /** Public parameters; they are part of the cache key. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** Where `parameters` ride: in the body, or (Posti) in the query of the token endpoint's URL. */
  readonly placement: 'body' | 'query'
  /** Names of `parameters` whose values are JSON texts: members of a JSON body that are not strings. */
  readonly json?: readonly string[]
  /** Somebody's own grant that does not say whose: it cannot be shared through a store. */
  readonly anonymous?: boolean
  /** The grant's own secrets, read once for a call. They decide, with the client's, which token one gets. */
  credential?(): MaybePromise<GrantCredential>
  /** Adds the secrets to the request, for each attempt. They ride in the body, whatever `placement` says. */
  apply?(parts: TokenRequestParts, credential: GrantCredential): MaybePromise<void>
  /**
   * Is shown the JSON of a successful answer, and awaited before the token is used. When it fails, an event
   * `refresh-token-not-saved` says so, and the token is used all the same.
   */
  accept?(answer: unknown): MaybePromise<void>
}
