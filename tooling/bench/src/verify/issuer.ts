import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

export const ISSUER = 'https://issuer.example/'
export const AUDIENCE = 'https://api.carrier.example'

/** The public side of an issuer, as its verifiers need it. */
export interface IssuerKeys {
  readonly algorithm: Algorithm
  readonly jwks: { readonly keys: readonly object[] }
  /** PEM. */
  readonly publicKey: string
}

export interface Issuer extends IssuerKeys {
  /** A token for `party`, valid for a day; no two are alike. As bytes: verifiers get a fresh string each time. */
  issue(party: string): Buffer
}

const KID = 'key-1'
const DAY = 86_400

export function issuer(algorithm: Algorithm): Issuer {
  const { privateKey, publicKey } = keyPair(algorithm)
  const jwk = publicKey.export({ format: 'jwk' })
  const header = encode({ alg: algorithm, typ: 'at+jwt', kid: KID })
  let issued = 0
  return {
    algorithm,
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    jwks: { keys: [{ ...jwk, kid: KID, alg: algorithm, use: 'sig' }] },
    issue(party) {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: party, client_id: party, scope: 'shipments:read labels:write' }
      const payload = encode({ ...claims, iat: now, exp: now + DAY, jti: `${++issued}` })
      const signed = Buffer.from(`${header}.${payload}`)
      const digest = algorithm === 'EdDSA' ? null : 'sha256'
      const signature = sign(digest, signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return Buffer.from(`${signed}.${signature.toString('base64url')}`)
    },
  }
}

/** The same token with a signature out of thin air, of the right length and spelling. */
export function forge(token: Buffer): Buffer {
  const dot = token.lastIndexOf('.')
  const length = Buffer.from(token.subarray(dot + 1).toString(), 'base64url').length
  return Buffer.concat([token.subarray(0, dot + 1), Buffer.from(randomBytes(length).toString('base64url'))])
}

function keyPair(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  const { privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
