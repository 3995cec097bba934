import type { RequestCredential } from './request-credential.ts'
import type { AccessToken, Caller, TokenRequestReason } from './token-source.ts'

/** What the cache asks for. */
export interface TokenCall {
  readonly reason: TokenRequestReason
  /** The API request that it began with, for events. */
  readonly caller?: Caller | undefined
  /** Says of a token's value that it will not do, rejected or soon to end: a store may still hold it. */
  superseded?(value: string): boolean
  /** Monotonic ms after which no further attempt is worth its while. Default: never. */
  readonly until?: number
  /** Tells the cache that work goes on, and that the next sign of life comes within `ms`. */
  alive?(ms: number): void
}

/** What the events of a token request are about. */
export interface About extends Partial<Caller> {
  /** Host of the token endpoint. */
  readonly host?: string
}

/** One token request on its way down: shared source, lock-out guard, budget, endpoint. */
export interface TokenRequest extends TokenCall {
  readonly credential: RequestCredential
  readonly about?: About | undefined
  /** Rejections in a row that other processes have seen for this credential. */
  readonly rejections?: number
}

/** One link of the chain below the cache. */
export interface TokenRequester {
  /** @throws AuthError */
  request(request: TokenRequest): Promise<AccessToken>
}
