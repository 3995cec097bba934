import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose'
import { createLocalJWKSet } from 'jose/jwks/local'
import { hasRocaWeakness } from './roca.ts'

/** The keys an issuer signs with, as one reading of its JWKS gave them. */
export interface KeySet {
  /** Finds the key for a token's header. */
  readonly resolve: JWTVerifyGetKey
  /** How many keys can verify a signature. */
  readonly size: number
  /** Each key as text, to compare readings. */
  readonly fingerprints: ReadonlySet<string>
  /** Grows whenever a key was removed or changed: what was verified under an older generation must be verified again. */
  readonly generation: number
}

/**
 * Reads a JWKS (RFC 7517 section 5). Keys that must not verify a signature are left out: symmetric and private keys,
 * keys for encryption, RSA keys below 2048 bits, with a trivial exponent or with the ROCA weakness.
 *
 * @throws TypeError when it is no JWKS.
 */
export function readKeySet(document: unknown, previous?: KeySet): KeySet {
  const keys = (document as Partial<JSONWebKeySet> | null)?.keys
  if (!Array.isArray(keys)) throw new TypeError('is not a JWKS: it has no list of keys')
  const usable = keys.filter(isVerificationKey)
  const fingerprints = new Set(usable.map((key) => JSON.stringify(Object.entries(key).sort(byName))))
  const kept = previous !== undefined && [...previous.fingerprints].every((key) => fingerprints.has(key))
  const generation = previous === undefined ? 0 : previous.generation + (kept ? 0 : 1)
  return { resolve: createLocalJWKSet({ keys: usable }), size: usable.length, fingerprints, generation }
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

function isVerificationKey(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return false
  const { kty, kid, use, d, k, n, e } = key as Record<string, unknown>
  if (d !== undefined || k !== undefined) return false
  if (kid !== undefined && typeof kid !== 'string') return false
  if (use !== undefined && use !== 'sig') return false
  if (kty === 'EC' || kty === 'OKP') return true
  if (kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string') return false
  const modulus = Buffer.from(n, 'base64url')
  if (modulus.byteLength < 256 || Buffer.from(e, 'base64url').toString('hex').replace(/^0+/, '') === '1') return false
  return !hasRocaWeakness(modulus)
}
