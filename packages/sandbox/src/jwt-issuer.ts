import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@auth/core'
import { jwt, VerificationError, type Verifier } from '@auth/core/verify'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { SandboxClock, TokenRegistry } from './token-registry.ts'

/** How a token differs from one that was issued properly. */
export interface Forgery {
  /** Claims to add or replace; `undefined` leaves one out. Times are seconds since the epoch. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs with a key that the API does not know, under the name of the one it knows. */
  readonly foreignKey?: boolean
}

export interface JwtIssuerOptions {
  readonly clock: SandboxClock
  readonly tokens: TokenRegistry
  readonly issuer: string
  readonly audience: string
}

/** Issues access tokens as RS256 JWTs and verifies them: signature, issuer, audience, times, and revocation. */
export interface JwtIssuer {
  issue(client: string, scope: readonly string[], expiresIn: number): Promise<string>
  /** A token of the client that nobody asked for, and that may be wrong in every way. */
  mint(client: string, scope: readonly string[], forgery?: Forgery): Promise<string>
  readonly verifier: Verifier
}

const ALGORITHM = 'RS256'

export async function jwtIssuer({ clock, tokens, issuer, audience }: JwtIssuerOptions): Promise<JwtIssuer> {
  const [own, foreign] = await Promise.all([generateKeyPair(ALGORITHM), generateKeyPair(ALGORITHM)])
  // EasyPost's token begins with `eyJraWQiOiJ`: `kid` comes first in the header, and its value begins with a letter.
  const kid = `key-${randomUUID()}`
  const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid, alg: ALGORITHM, use: 'sig' }] }
  const verify = jwt({ issuer, audience, jwks, clock: complete(clock) })

  const claimsOf = (client: string, scope: readonly string[], expiresIn: number): JWTPayload => {
    const now = Math.floor(clock.now() / 1000)
    return {
      sub: client,
      token_use: 'access',
      scope: scope.join(' '),
      iss: issuer,
      aud: audience,
      exp: now + expiresIn,
      iat: now,
      jti: randomUUID(),
      client_id: client,
    }
  }
  const sign = (claims: JWTPayload, key: CryptoKey): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ kid, alg: ALGORITHM }).sign(key)

  return {
    async issue(client, scope, expiresIn) {
      const value = await sign(claimsOf(client, scope, expiresIn), own.privateKey)
      tokens.issue(value, { client, scope, expiresAt: clock.now() + expiresIn * 1000 })
      return value
    },
    mint(client, scope, { claims = {}, foreignKey = false } = {}) {
      const spoiled = Object.entries({ ...claimsOf(client, scope, 3600), ...claims })
      return sign(
        Object.fromEntries(spoiled.filter(([, value]) => value !== undefined)),
        (foreignKey ? foreign : own).privateKey,
      )
    },
    verifier: (token, request) => {
      if (tokens.isRevoked(token)) throw new VerificationError('invalid_token', 'revoked', 'revoked')
      return verify(token, request)
    },
  }
}

/** Only the wall clock decides about a token; the rest is what the type asks for. */
function complete(clock: SandboxClock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => performance.now(),
    delay: (ms, signal) => delay(ms, undefined, { ...(signal !== undefined && { signal }) }),
  }
}
