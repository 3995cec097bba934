import type { JSONWebKeySet, JWK, JWTHeaderParameters } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { type Clock, systemClock } from '../../clock.ts'

export interface TestIssuerOptions {
  /** Default `https://issuer.test`. */
  readonly issuer?: string
  /** Default `https://api.test`. */
  readonly audience?: string
  /** Signature algorithm. Default `ES256`. */
  readonly algorithm?: string
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/** An issuer in the test's own process; `issuer`, `audience` and `jwks` are the options that `jwt` takes. */
export interface TestIssuer {
  readonly issuer: string
  readonly audience: string
  readonly jwks: JSONWebKeySet
  /**
   * Signs an access token (RFC 9068) of the client `test-client`, valid for 5 minutes; `claims` and `header` are laid
   * over what it has, and `undefined` takes a member away.
   */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** Tokens that are all to be refused, by what is wrong with them; `claims` as for a valid one. */
  nearlyValid(claims?: Readonly<Record<string, unknown>>): Promise<Record<string, string>>
}

/** Makes an issuer with a key of its own. */
export async function testIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = 'https://issuer.test', audience = 'https://api.test', algorithm = 'ES256' } = options
  const { clock = systemClock } = options
  const own = await generateKeyPair(algorithm)
  const other = await generateKeyPair(algorithm)
  const jwk: JWK = { ...(await exportJWK(own.publicKey)), kid: 'test-key', alg: algorithm, use: 'sig' }

  const sign = (
    key: CryptoKey,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> => {
    const now = Math.floor(clock.now() / 1000)
    const payload = {
      iss: issuer,
      aud: audience,
      sub: 'test-client',
      client_id: 'test-client',
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 300,
      ...claims,
    }
    const protectedHeader = { alg: algorithm, kid: 'test-key', typ: 'at+jwt', ...header }
    // Through JSON, which leaves out what is undefined.
    return new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader(JSON.parse(JSON.stringify(protectedHeader)) as JWTHeaderParameters)
      .sign(key)
  }

  const methods: Pick<TestIssuer, 'token' | 'nearlyValid'> = {
    token: (claims, header) => sign(own.privateKey, claims, header),
    async nearlyValid(claims = {}) {
      const now = Math.floor(clock.now() / 1000)
      const token = (further: object, header?: Readonly<Record<string, unknown>>) =>
        sign(own.privateKey, { ...claims, ...further }, header)
      const good = await token({})
      const [head, payload] = good.split('.') as [string, string, string]
      const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
      return {
        expired: await token({ exp: now - 1 }),
        'without an expiry': await token({ exp: undefined }),
        'not yet valid': await token({ nbf: now + 60 }),
        'of another issuer': await token({ iss: `${issuer}/` }),
        'for another audience': await token({ aud: `${audience}/other` }),
        'without an audience': await token({ aud: undefined }),
        'signed with another key': await sign(other.privateKey, claims),
        'with a key that is not published': await token({}, { kid: 'no-such-key' }),
        'an ID token': await token({}, { typ: 'id_token+jwt' }),
        'a logout token': await token({}, { typ: 'logout+jwt' }),
        'bound to a certificate that is not presented': await token({ cnf: { 'x5t#S256': 'A'.repeat(43) } }),
        'without a signature': `${head}.${payload}.`,
        'with the algorithm none': `${unsigned}.${payload}.`,
        'with padding': `${good}=`,
      }
    },
  }
  // The methods are inherited, so that the whole can be given to `jwt`, which refuses options it does not know.
  return Object.assign(Object.create(methods) as typeof methods, { issuer, audience, jwks: { keys: [jwk] } })
}
