import { VerificationError, type Verifier } from '@auth/core/verify'

/** Wall clock, epoch ms. */
export interface SandboxClock {
  now(): number
}

export interface IssuedToken {
  /** The account it was issued to. */
  readonly client: string
  readonly scope: readonly string[]
  /** Epoch ms. */
  readonly expiresAt: number
}

/** The tokens that an authorization server has issued. */
export interface TokenRegistry {
  issue(value: string, token: IssuedToken): void
  /** Revokes the tokens of one account, or all. */
  revoke(client?: string): void
  isRevoked(value: string): boolean
  /** Accepts a token by looking it up; nothing is read from the token itself. */
  readonly verifier: Verifier
}

// An expired token is told from an unknown one for another day.
const DAY = 86_400_000

export function tokenRegistry(clock: SandboxClock): TokenRegistry {
  const issued = new Map<string, IssuedToken & { revoked: boolean }>()
  return {
    issue(value, token) {
      // A sandbox that runs for weeks keeps the living tokens only; the oldest come first.
      for (const [old, { expiresAt }] of issued) {
        if (expiresAt > clock.now() - DAY) break
        issued.delete(old)
      }
      issued.set(value, { ...token, revoked: false })
    },
    revoke(client) {
      for (const token of issued.values()) if (client === undefined || token.client === client) token.revoked = true
    },
    isRevoked: (value) => issued.get(value)?.revoked === true,
    verifier(value) {
      const token = issued.get(value)
      if (token === undefined) throw new VerificationError('invalid_token', 'unknown', 'not issued here')
      if (token.revoked) throw new VerificationError('invalid_token', 'revoked', 'revoked')
      if (clock.now() >= token.expiresAt) throw new VerificationError('invalid_token', 'expired', 'expired')
      return { client_id: token.client, scope: token.scope.join(' '), exp: Math.floor(token.expiresAt / 1000) }
    },
  }
}
