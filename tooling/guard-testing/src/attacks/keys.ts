import { type Attack, base64url, bearerToken, forge, keys, octSecret, validClaims } from './forge.ts'

const pem = keys.rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string
const pkcs1 = keys.rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }) as string
const der = keys.rsa.publicKey.export({ format: 'der', type: 'spki' })
const rsaJwk = keys.rsa.publicKey.export({ format: 'jwk' })
const ecJwk = keys.ec.publicKey.export({ format: 'jwk' })
const edJwk = keys.ed.publicKey.export({ format: 'jwk' })
const bytes = (text: string | undefined): Buffer => Buffer.from(text as string, 'base64url')
const unsigned = (alg: unknown): string =>
  `${base64url(JSON.stringify({ alg, kid: 'rsa', typ: 'at+jwt' }))}.${base64url(JSON.stringify(validClaims()))}.`

export const algorithms: Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE', ' none', 'none '].flatMap((alg) => [
    [`${JSON.stringify(alg)} without a signature`, unsigned(alg)],
    [`${JSON.stringify(alg)} with a signature`, `${unsigned(alg)}AAAA`],
  ]),
  ...['', null, 0, true, [], ['RS256'], {}, { alg: 'RS256' }].map((alg) => [
    `${JSON.stringify(alg)} with a true signature`,
    forge({ header: { alg } }),
  ]),
  ['missing, with a true signature', forge({ header: { alg: undefined } })],
  ...['rs256', 'RS256 ', 'RSA256', 'RS257', 'HS256', 'ES256', 'PS256', 'EdDSA', 'ES256K', 'RS1', 'RSA-OAEP', 'dir'].map(
    (alg) => [`${alg} over an RS256 signature`, forge({ header: { alg } })],
  ),
  ['HS256 with the PEM as secret', forge({ hmac: pem })],
  ['HS256 with the trimmed PEM as secret', forge({ hmac: pem.trim() })],
  ['HS256 with a space before the PEM', forge({ hmac: ` ${pem}` })],
  ['HS256 with the PKCS #1 PEM as secret', forge({ hmac: pkcs1 })],
  ['HS256 with the DER as secret', forge({ hmac: der })],
  ['HS256 with the modulus as secret', forge({ hmac: bytes(rsaJwk.n) })],
  ['HS256 with the modulus text as secret', forge({ hmac: rsaJwk.n as string })],
  ['HS256 with the JWK as secret', forge({ hmac: JSON.stringify(rsaJwk) })],
  ['HS256 with x and y as secret', forge({ kid: 'ec', hmac: Buffer.concat([bytes(ecJwk.x), bytes(ecJwk.y)]) })],
  ['HS256 with the Ed25519 key as secret', forge({ kid: 'ed', hmac: bytes(edJwk.x) })],
  ['HS256 with an empty secret', forge({ hmac: '' })],
  ['HS256 with a symmetric key of the JWKS', forge({ kid: 'oct', hmac: octSecret })],
  ['HS256 with a symmetric key of the JWKS that says so', forge({ kid: 'oct-alg', hmac: octSecret })],
  ['PS256 with a key for RS256', forge({ alg: 'PS256' })],
  ['PS256 signature, RS256 header', forge({ alg: 'PS256', header: { alg: 'RS256' } })],
  ['RS256 signature, PS256 header, a key for both', forge({ key: 'rsaAny', kid: 'rsa-any', header: { alg: 'PS256' } })],
  ['RS512 with a key for RS256', forge({ alg: 'RS512' })],
  ['RS256 with a key for RS512', forge({ key: 'rsaAny', kid: 'rs512-only' })],
  ['ES256 header, P-384 key', forge({ key: 'ec384', alg: 'ES384', header: { alg: 'ES256' } })],
  ['ES384 header, P-256 key', forge({ key: 'ec', alg: 'ES256', header: { alg: 'ES384' } })],
  ['ES256K', forge({ key: 'ecK', alg: 'ES256', header: { alg: 'ES256K' } })],
  ['ES256 with a secp256k1 key', forge({ key: 'ecK', alg: 'ES256' })],
  ['Ed448 under EdDSA', forge({ key: 'ed448', alg: 'EdDSA' })],
  ['EdDSA header, RSA key', forge({ header: { alg: 'EdDSA' }, kid: 'ed' })],
  ['a key for encryption', forge({ key: 'rsaAny', kid: 'enc' })],
  ['a key whose key_ops lack verify', forge({ key: 'rsaAny', kid: 'encrypt-only' })],
  ['an RSA key of 1024 bits', forge({ key: 'weak' })],
  ['an RSA key with the exponent 1', forge({ key: 'rsaAny', kid: 'e1' })],
  ['a point off the curve', forge({ key: 'ec', alg: 'ES256', kid: 'off-curve' })],
  ['a key without parameters', forge({ kid: 'empty' })],
].map(([name, token]) => bearerToken(`alg: ${name}`, token as string))

const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex')
const zero = Buffer.alloc(32)
const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])])
const ecdsa = (signature: (signature: Buffer) => Uint8Array): string =>
  forge({ key: 'ec', alg: 'ES256', signature: (made) => base64url(signature(made)) })
const half = (made: Buffer, i: number): Buffer => made.subarray(32 * i, 32 * (i + 1))
const tooLargeS = (made: Buffer): Buffer => {
  // S + L is the same residue: a verifier that does not check S < L accepts it (RFC 8032 section 5.1.7).
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(made.subarray(32)).reverse().toString('hex')}`) + order
  return Buffer.concat([made.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
}
const eddsa = (signature: (signature: Buffer) => Uint8Array): string =>
  forge({ key: 'ed', alg: 'EdDSA', signature: (made) => base64url(signature(made)) })

export const signatures: Attack[] = [
  ['r = s = 0', ecdsa(() => Buffer.concat([zero, zero]))],
  ['r = 0', ecdsa((made) => Buffer.concat([zero, half(made, 1)]))],
  ['s = 0', ecdsa((made) => Buffer.concat([half(made, 0), zero]))],
  ['r = s = 1', ecdsa(() => Buffer.concat([one, one]))],
  ['r = s = n', ecdsa(() => Buffer.concat([order, order]))],
  ['r = n', ecdsa((made) => Buffer.concat([order, half(made, 1)]))],
  ['s = n', ecdsa((made) => Buffer.concat([half(made, 0), order]))],
  ['all bits set', ecdsa(() => Buffer.alloc(64, 255))],
  ['DER in place of r and s', ecdsa((made) => Buffer.concat([Buffer.from([0x30, 0x44, 2, 0x20]), made]))],
  ['DER of zeros', ecdsa(() => Buffer.from([0x30, 6, 2, 1, 0, 2, 1, 0]))],
  ['one byte short', ecdsa((made) => made.subarray(0, 63))],
  ['one byte long', ecdsa((made) => Buffer.concat([made, Buffer.from([0])]))],
  ['r and s swapped', ecdsa((made) => Buffer.concat([half(made, 1), half(made, 0)]))],
  ['EdDSA of zeros', eddsa(() => Buffer.alloc(64))],
  ['EdDSA with S + L', eddsa(tooLargeS)],
  ['EdDSA with R alone', eddsa((made) => made.subarray(0, 32))],
  ['EdDSA with the small-order point and S = 0', eddsa(() => Buffer.concat([one.toReversed(), zero]))],
].map(([name, token]) => bearerToken(`signature: ${name}`, token as string))

const strangersJwk = keys.stranger.publicKey.export({ format: 'jwk' })
const bySelf = (header: Record<string, unknown>): string => forge({ key: 'stranger', kid: 'rsa', header })

export const headerKeys: Attack[] = [
  ['the right kid, the wrong key', bySelf({})],
  ['an unknown kid', forge({ kid: 'no-such-key' })],
  ['jwk', bySelf({ jwk: strangersJwk })],
  ['jwk and no kid', bySelf({ jwk: strangersJwk, kid: undefined })],
  ['jku', bySelf({ jku: 'http://127.0.0.1:9/jwks' })],
  ['x5u', bySelf({ x5u: 'http://127.0.0.1:9/cert' })],
  ['x5c', bySelf({ x5c: [base64url(keys.stranger.publicKey.export({ format: 'der', type: 'spki' }))] })],
  ['x5t', bySelf({ x5t: 'AAAA', 'x5t#S256': 'AAAA' })],
  ...[
    '../../dev/null',
    '/dev/null',
    "' OR '1'='1",
    '\u0000',
    '__proto__',
    'constructor',
    'toString',
    'RSA',
    ' rsa',
    'rsa ',
    'http://127.0.0.1:9/key',
    'k'.repeat(4000),
  ].map((kid) => [`kid ${JSON.stringify(kid.slice(0, 30))}`, bySelf({ kid })]),
  ...[0, true, null, [], ['rsa'], {}, { kid: 'rsa' }].map((kid) => [
    `kid ${JSON.stringify(kid)} with a true signature`,
    forge({ header: { kid } }),
  ]),
  ...[['exp'], [], ['b64'], ['exp', 'exp'], ['alg'], 'exp', null, {}, ['http://example.com/x']].map((crit) => [
    `crit ${JSON.stringify(crit)}`,
    forge({ header: { crit, exp: 1, 'http://example.com/x': 1 } }),
  ]),
  ['b64 false', forge({ header: { b64: false, crit: ['b64'] } })],
  ['b64 true', forge({ header: { b64: true } })],
  ['an array for a header', forge({ rawHeader: '["RS256"]' })],
  ['a string for a header', forge({ rawHeader: '"RS256"' })],
  ['null for a header', forge({ rawHeader: 'null' })],
  ['invalid JSON for a header', forge({ rawHeader: '{"alg":"RS256",}' })],
  [
    'invalid UTF-8 in the header',
    forge({ rawHeader: Buffer.from('{"alg":"RS256","kid":"rsa","x":"\xff"}', 'latin1') }),
  ],
  ['a byte order mark before the header', forge({ rawHeader: '\ufeff{"alg":"RS256","kid":"rsa"}' })],
  ['a second alg, none', forge({ rawHeader: '{"alg":"RS256","kid":"rsa","alg":"none"}' })],
  ['an escaped name for alg none', forge({ rawHeader: '{"\\u0061lg":"none","kid":"rsa"}' })],
].map(([name, token]) => bearerToken(`header: ${name}`, token as string))

export const types: Attack[] = [
  ...[
    'id_token+jwt',
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'rt+jwt',
    'token-introspection+jwt',
    'application/logout+jwt',
    'JOSE',
    'JWE',
    'at+jwt ',
    'at+jwt;x=1',
    'text/at+jwt',
    '',
  ].map((typ) => [JSON.stringify(typ), forge({ header: { typ } })]),
  ...[null, 1, ['at+jwt'], {}].map((typ) => [JSON.stringify(typ), forge({ header: { typ } })]),
  [
    'a logout token without a type',
    forge({
      header: { typ: undefined },
      claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    }),
  ],
  ['an ID token, whose audience is the client', forge({ header: { typ: 'JWT' }, claims: { aud: 'acme', nonce: 'n' } })],
  [
    'a client assertion, whose issuer is the client',
    forge({ header: { typ: 'JWT' }, claims: { iss: 'acme', sub: 'acme' } }),
  ],
].map(([name, token]) => bearerToken(`type: ${name}`, token as string))
