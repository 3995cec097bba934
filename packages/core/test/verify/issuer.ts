import { type InboundRequest, inboundRequest } from '@auth/core/verify'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://api.example'

/** A request without a client certificate. */
export const REQUEST: InboundRequest = inboundRequest({ rawHeaders: [], socket: {} })

export interface SigningKey {
  readonly jwk: JWK
  readonly privateKey: CryptoKey
  /** A valid access token, but for the claims that are overridden. `now`: epoch ms. */
  token(now: number, claims?: Record<string, unknown>): Promise<string>
}

export async function signingKey(kid = 'key-1', alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    privateKey,
    token: (now, claims = {}) =>
      new SignJWT({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: 'acme',
        client_id: 'acme',
        jti: crypto.randomUUID(),
        exp: Math.floor(now / 1000) + 86_400,
        ...claims,
      })
        .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
        .sign(privateKey),
  }
}
