import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://api.example'

/** What a case sends; every one must be refused. */
export interface Attack {
  readonly name: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly method?: string
  readonly path?: string
  readonly body?: string
  /** Bytes for the socket, in place of all of the above. */
  readonly raw?: string
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaAny = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ecK = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const ed = generateKeyPairSync('ed25519')
const ed448 = generateKeyPairSync('ed448')
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const keys = { rsa, rsaAny, weak, ec, ec384, ecK, ed, ed448, stranger }
/** A secret that the JWKS publishes as a symmetric key, which no JWKS of a sane issuer does. */
export const octSecret = Buffer.alloc(64, 7)

const jwk = ({ publicKey }: { publicKey: KeyObject }, kid: string, further: object = {}): object => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  ...further,
})

export const jwks = {
  keys: [
    jwk(rsa, 'rsa', { alg: 'RS256', use: 'sig' }),
    jwk(rsaAny, 'rsa-any'),
    jwk(weak, 'weak'),
    jwk(ec, 'ec', { alg: 'ES256' }),
    jwk(ec384, 'ec384', { alg: 'ES384' }),
    jwk(ecK, 'ecK'),
    jwk(ed, 'ed'),
    jwk(ed448, 'ed448'),
    jwk(rsaAny, 'enc', { use: 'enc' }),
    jwk(rsaAny, 'encrypt-only', { key_ops: ['encrypt'] }),
    jwk(rsaAny, 'e1', { e: 'AQ' }),
    jwk(rsaAny, 'rs512-only', { alg: 'RS512' }),
    { ...jwk(ec, 'off-curve'), y: Buffer.alloc(32, 1).toString('base64url') },
    { kty: 'oct', k: octSecret.toString('base64url'), kid: 'oct' },
    { kty: 'oct', k: octSecret.toString('base64url'), kid: 'oct-alg', alg: 'HS256' },
    { kty: 'RSA', kid: 'empty' },
    null,
    'rsa',
    7,
  ],
}

export const base64url = (value: string | Uint8Array): string => Buffer.from(value as string).toString('base64url')
export const now = (): number => Math.floor(Date.now() / 1000)

export const validClaims = (): Record<string, unknown> => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'acme',
  client_id: 'acme',
  scope: 'labels:read',
  jti: 'token-1',
  iat: now(),
  exp: now() + 300,
})

const SIGN: Record<string, (data: string, key: KeyObject) => Buffer> = {
  RS256: (data, key) => sign('sha256', Buffer.from(data), key),
  RS512: (data, key) => sign('sha512', Buffer.from(data), key),
  PS256: (data, key) =>
    sign('sha256', Buffer.from(data), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  ES256: (data, key) => sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }),
  ES384: (data, key) => sign('sha384', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (data, key) => sign(null, Buffer.from(data), key),
}

export interface Forgery {
  readonly key?: keyof typeof keys
  /** How it is signed; the header says the same unless it is overridden. */
  readonly alg?: string
  readonly kid?: string
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  /** Bytes of the segments, in place of header and claims. */
  readonly rawHeader?: string | Uint8Array
  readonly rawPayload?: string | Uint8Array
  /** Replaces the encoded segments before they are signed. */
  readonly encode?: (header: string, payload: string) => string
  readonly hmac?: string | Uint8Array
  readonly signature?: (signature: Buffer) => string
}

/** A token that is valid but for what the forgery says; signed for real. */
export function forge(forgery: Forgery = {}): string {
  const { key = 'rsa', alg = 'RS256', kid = key, header = {}, claims = {} } = forgery
  const head = { alg: forgery.hmac === undefined ? alg : 'HS256', kid, typ: 'at+jwt', ...header }
  const rawHeader = forgery.rawHeader ?? JSON.stringify(head)
  const rawPayload = forgery.rawPayload ?? JSON.stringify({ ...validClaims(), ...claims })
  const [h, p] = [base64url(rawHeader), base64url(rawPayload)]
  const data = forgery.encode?.(h, p) ?? `${h}.${p}`
  const signature =
    forgery.hmac === undefined
      ? (SIGN[alg] as NonNullable<(typeof SIGN)[string]>)(data, keys[key].privateKey)
      : createHmac('sha256', forgery.hmac).update(data).digest()
  return `${data}.${forgery.signature?.(signature) ?? base64url(signature)}`
}

export const bearerToken = (name: string, token: string): Attack => ({
  name,
  headers: { authorization: `Bearer ${token}` },
})
