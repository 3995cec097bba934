import { type Checks, checkOptions, choice, milliseconds, text } from '../lib/options.ts'
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../lib/signature-algorithms.ts'
import { type SecretInput, secret } from '../secret.ts'
import { addAssertion } from './assertion.ts'
import type { ClientAuth } from './client-auth.ts'
import { jose, type PrivateKeyInput, type SigningKey, signingKey } from './signing-key.ts'

export interface PrivateKeyJwtOptions {
  /** JWS algorithm. Default: that of the key, RS256 for RSA. A signer needs it. */
  algorithm?: SignatureAlgorithm
  /** `kid` in the header of the assertion. Default: that of a JWK, else none. A signer needs it. */
  keyId?: string
  /** `aud` of the assertion. Default: the token endpoint. */
  audience?: string
  /** ms that an assertion is good for. Default 60 000, at most 300 000. */
  lifetime?: number
}

const OPTIONS: Checks<PrivateKeyJwtOptions> = {
  algorithm: choice(...SIGNATURE_ALGORITHMS),
  keyId: text,
  audience: text,
  lifetime: milliseconds(300_000),
}

/**
 * A JWT signed with the client's private key; a fresh one for each attempt. Lock-out guard and shared store know the
 * client by its key. `key` is a PEM text, a JWK or a CryptoKey; a function is a signer, for keys that stay in a vault
 * or an HSM: it is given the bytes to sign and yields the signature (ECDSA: r and s, one after the other).
 *
 * @throws ConfigurationError for RSA below 2048 bits, an encrypted PEM, a public key, and a signer without `algorithm`
 * and `keyId`.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @example
 * privateKeyJwt('shop', await readFile('shop.key', 'utf8'), { keyId: '2026-01' })
 */
export function privateKeyJwt(id: SecretInput, key: PrivateKeyInput, options: PrivateKeyJwtOptions = {}): ClientAuth {
  checkOptions(options, OPTIONS, 'privateKeyJwt')
  const clientId = secret(id, 'clientId')
  const signing = signingKey(key, options)
  const { audience, lifetime = 60_000 } = options

  async function assertion(id: string, url: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: id,
      sub: id,
      aud: audience ?? url,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + Math.max(1, Math.floor(lifetime / 1000)),
    }
    return sign(await signing(), claims)
  }

  return {
    method: 'private_key_jwt',
    credential: async () => ({ id: await clientId(), fingerprint: (await signing()).fingerprint }),
    apply: async (parts, { id }) => addAssertion(parts, id, await assertion(id, parts.url)),
  }
}

async function sign({ algorithm, keyId, key, signer }: SigningKey, claims: Record<string, unknown>): Promise<string> {
  const { base64url, SignJWT } = await jose()
  const header = { alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
  if (key !== undefined) return new SignJWT(claims).setProtectedHeader(header).sign(key)
  const input = [header, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.')
  const signature = await signer(new TextEncoder().encode(input))
  return `${input}.${base64url.encode(signature)}`
}
