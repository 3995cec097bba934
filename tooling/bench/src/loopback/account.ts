export interface AccountSettings {
  /** ms until a token request is answered. */
  latency: number
  /** Seconds a token is issued for. */
  lifetime: number
  /** Whether the credentials are refused. */
  refuse: boolean
  /** ms over which the refusals of an API that is asked a hundred times at once are spread. */
  refusalsOver: number
}

export interface Counters {
  tokenRequests: number
  apiRequests: number
  refusals: number
}

/** What the server knows of one contender. */
export interface Account {
  readonly settings: AccountSettings
  readonly counters: Counters
  /** A token that `knows` recognizes. */
  issue(): string
  /** Whether the token was issued and not revoked. */
  knows(token: string): boolean
  /** Revokes all tokens. */
  revoke(): void
}

export function newAccount(name: string): Account {
  const tokens = new Set<string>()
  let issued = 0
  return {
    settings: { latency: 0, lifetime: 3600, refuse: false, refusalsOver: 0 },
    counters: { tokenRequests: 0, apiRequests: 0, refusals: 0 },
    issue() {
      // As long as a short JWT.
      const token = `${name}-${++issued}-${'t'.repeat(300)}`
      tokens.add(token)
      return token
    },
    knows: (token) => tokens.has(token),
    revoke: () => tokens.clear(),
  }
}
