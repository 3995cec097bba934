import type { JWTPayload } from 'jose'
import { kindOf } from '../../lib/options.ts'
import { type Claims, invalidToken } from './verifier.ts'

interface JwtHeader {
  readonly alg: string
  readonly typ?: string
}

/**
 * Reads a JWT before its signature is verified, and refuses what must not even be verified: spellings of the token
 * other than the canonical one (RFC 4648 section 3.5; a token has one name in caches and revocation lists), and header
 * parameters of a wrong type or that must be understood and are not (RFC 7515 section 4.1.11).
 */
export function readJwt(token: string): { header: JwtHeader; unverified: Readonly<Record<string, unknown>> } {
  const segments = token.split('.', 4)
  if (segments.length !== 3) throw invalidToken('malformed', 'the token has no three segments')
  const [header, unverified, signature] = segments as [string, string, string]
  canonicalBytes(signature)
  const { alg, typ, kid, crit, b64 } = jsonObject(header)
  const parsed = jsonObject(unverified)
  if (typeof alg !== 'string') throw invalidToken('algorithm', 'the token names no algorithm')
  if (crit !== undefined || b64 !== undefined) throw invalidToken('critical_header', 'an extension is not understood')
  if (typ !== undefined && typeof typ !== 'string') throw invalidToken('type', 'typ is no string')
  if (kid !== undefined && typeof kid !== 'string') throw invalidToken('malformed', 'kid is no string')
  return { header: { alg, ...(typ !== undefined && { typ }) }, unverified: parsed }
}

/** Refuses claims of a wrong type, and tokens that are not access tokens though nothing else tells (RFC 8725 section 3.11). */
export function checkClaims(claims: JWTPayload | Claims): void {
  for (const name of ['exp', 'nbf', 'iat'] as const) {
    const value: unknown = claims[name]
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value) || value < 0)) {
      throw invalidToken('claim', `the claim ${name} is not accepted`)
    }
  }
  // A year in the far future is a time in ms: such a token would not expire in anybody's lifetime.
  if ((claims.exp as number) >= LATEST_EXPIRY) throw invalidToken('claim', 'the claim exp is not in seconds')
  for (const name of ['sub', 'jti', 'client_id', 'azp']) {
    const value = claims[name]
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw invalidToken('claim', `the claim ${name} is not accepted`)
    }
  }
  const { aud } = claims
  if (Array.isArray(aud) && aud.some((one: unknown) => typeof one !== 'string')) {
    throw invalidToken('audience', 'the claim aud is not accepted')
  }
  // `events` makes it a security event token (RFC 8417 section 2.2), as logout tokens are.
  if (claims.events !== undefined) throw invalidToken('type', 'the token is a security event')
}

/** Seconds; the year 5138. */
const LATEST_EXPIRY = 1e11

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function canonicalBytes(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (segment === '' || bytes.toString('base64url') !== segment) {
    throw invalidToken('malformed', 'a segment is not canonical base64url')
  }
  return bytes
}

function jsonObject(segment: string): Record<string, unknown> {
  const bytes = canonicalBytes(segment)
  let value: unknown
  try {
    value = JSON.parse(UTF_8.decode(bytes))
  } catch {
    throw invalidToken('malformed', 'a segment is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidToken('malformed', 'a segment is not a JSON object')
  }
  return value as Record<string, unknown>
}

/** A value of a token for a log: strings and lists of them, of printable characters, cut off. Never the token itself. */
export function quoted(value: unknown): string {
  const list: unknown[] = Array.isArray(value) ? value.slice(0, MOST_QUOTED) : [value]
  if (value === undefined || list.some((one) => typeof one !== 'string')) return kindOf(value)
  return list
    .map(
      (one) =>
        `"${String(one)
          .slice(0, LONGEST_QUOTED)
          .replace(/[^\x20-\x7e]|"/g, '?')}"`,
    )
    .join(', ')
}

const MOST_QUOTED = 5
const LONGEST_QUOTED = 200
