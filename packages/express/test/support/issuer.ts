import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTHeaderParameters, SignJWT } from 'jose'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://api.example'

export interface Issuer {
  readonly jwks: JSONWebKeySet
  readonly privateKey: CryptoKey
  /** A valid access token, but for what is overridden; `undefined` takes a claim away. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

export async function issuer({ alg = 'RS256', kid = 'key-1', now = () => Date.now() } = {}): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return {
    jwks: { keys: [jwk] },
    privateKey,
    token(claims = {}, header = {}) {
      const seconds = Math.floor(now() / 1000)
      const payload = {
        iss: ISSUER,
        aud: AUDIENCE,
        sub: 'acme',
        client_id: 'acme',
        scope: 'labels:read labels:write',
        jti: crypto.randomUUID(),
        iat: seconds,
        exp: seconds + 300,
        ...claims,
      }
      return new SignJWT(JSON.parse(JSON.stringify(payload)))
        .setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header } as JWTHeaderParameters)
        .sign(privateKey)
    },
  }
}
