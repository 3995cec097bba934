import { createPublicKey, generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import {
  type ClientAuth,
  clientAssertion,
  memoryStore,
  type OAuth2Options,
  oauth2,
  type PrivateKeyInput,
  privateKeyJwt,
  tlsClientAuth,
} from '@auth/core'
import { exportJWK, jwtVerify, type KeyObject } from 'jose'
import { describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { hastyClock, manualClock } from '../support/clock.ts'
import { type Answer, json, type Loopback, loopback } from '../support/loopback.ts'
import { tlsLoopback } from '../support/tls-loopback.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const pem = (key: typeof rsa.privateKey, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ format: 'pem', type: type as 'pkcs8' }) as string
const jwkOf = (key: typeof rsa.privateKey) => key.export({ format: 'jwk' }) as Exclude<PrivateKeyInput, string>

const issues: Answer = (_, response) => json(response, 200, { access_token: 'abc', expires_in: 3600 })

function source(server: Loopback, clientAuth: ClientAuth, options: Partial<OAuth2Options> = {}) {
  return oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth,
    allowInsecureLoopback: true,
    clock: hastyClock(),
    ...options,
  })
}

const parameters = (server: Loopback, i = 0) => new URLSearchParams(server.requests[i]?.body)
const assertionIn = (server: Loopback, i = 0) => parameters(server, i).get('client_assertion') ?? ''

describe('privateKeyJwt', () => {
  const keys: Record<string, [PrivateKeyInput, Parameters<typeof privateKeyJwt>[2], typeof rsa.publicKey, string]> = {
    'an RSA key as PKCS #8': [pem(rsa.privateKey), {}, rsa.publicKey, 'RS256'],
    'an RSA key as PKCS #1, for PSS': [pem(rsa.privateKey, 'pkcs1'), { algorithm: 'PS256' }, rsa.publicKey, 'PS256'],
    'an EC key as SEC 1': [pem(ec.privateKey, 'sec1'), {}, ec.publicKey, 'ES256'],
    'an Ed25519 key': [pem(ed.privateKey), {}, ed.publicKey, 'EdDSA'],
    'a PEM with the two characters \\n for its line breaks': [
      pem(ec.privateKey).replaceAll('\n', '\\n'),
      {},
      ec.publicKey,
      'ES256',
    ],
    'a JWK': [jwkOf(ec.privateKey), { keyId: 'k1' }, ec.publicKey, 'ES256'],
    'a JWK that says what it is for': [
      { ...(jwkOf(rsa.privateKey) as object), alg: 'RS512', use: 'sig', key_ops: ['verify'] } as PrivateKeyInput,
      {},
      rsa.publicKey,
      'RS512',
    ],
    'a signer': [
      (data) => nodeSign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
      { algorithm: 'ES256', keyId: 'vault-1' },
      ec.publicKey,
      'ES256',
    ],
  }

  test.each(Object.entries(keys))('signs with %s', async (_, [key, options, publicKey, alg]) => {
    const server = await loopback(issues)
    await source(server, privateKeyJwt('shop', key, options)).token()
    expect(parameters(server).get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    )
    const { payload, protectedHeader } = await jwtVerify(assertionIn(server), publicKey as KeyObject & object, {
      audience: `${server.origin}/token`,
      issuer: 'shop',
      subject: 'shop',
      requiredClaims: ['jti', 'iat', 'exp'],
    })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(60)
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', ...(options?.keyId && { kid: options.keyId }) })
  })

  test('a CryptoKey that cannot be exported needs a keyId', async () => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ])
    expect(() => privateKeyJwt('shop', privateKey)).toThrow(/^keyId: is required/)
    const server = await loopback(issues)
    await source(server, privateKeyJwt('shop', privateKey, { keyId: 'hsm' })).token()
    expect(assertionIn(server).split('.')).toHaveLength(3)
  })

  test('makes a fresh assertion for each attempt, and is locked out by its key', async () => {
    let answers = 0
    const server = await loopback((_, response) =>
      ++answers < 3 ? json(response, 503, {}) : json(response, 401, { error: 'invalid_client' }),
    )
    const store = memoryStore()
    const clock = hastyClock()
    const tokens = source(server, privateKeyJwt('shop', pem(ec.privateKey)), { clock, store, deadline: 2 ** 31 - 1 })
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
    expect(new Set([0, 1, 2].map((i) => assertionIn(server, i))).size).toBe(3)
    expect(server.requests).toHaveLength(3)
    // The same key in another strategy is the same account; another key is tried at once.
    const again = source(server, privateKeyJwt('shop', jwkOf(ec.privateKey)), { clock, store })
    await expect(again.token()).rejects.toMatchObject({ error: 'invalid_client' })
    expect(server.requests).toHaveLength(3)
    await expect(source(server, privateKeyJwt('shop', pem(ed.privateKey)), { clock, store }).token()).rejects.toThrow()
    expect(server.requests).toHaveLength(4)
  })

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  test.each([
    ['a weak RSA key', 'key', () => privateKeyJwt('a', pem(weak.privateKey))],
    ['a weak RSA key as JWK', 'key', () => privateKeyJwt('a', jwkOf(weak.privateKey))],
    [
      'an encrypted PEM',
      'key',
      () =>
        privateKeyJwt(
          'a',
          rsa.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
        ),
    ],
    ['a public key', 'key', () => privateKeyJwt('a', rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string)],
    ['a public JWK', 'key', () => privateKeyJwt('a', rsa.publicKey.export({ format: 'jwk' }) as never)],
    ['a secret as JWK', 'key', () => privateKeyJwt('a', { kty: 'oct', k: 'c2VjcmV0' })],
    ['a path', 'key', () => privateKeyJwt('a', '/etc/key.pem')],
    ['nothing', 'key', () => privateKeyJwt('a', undefined as never)],
    [
      'an algorithm that does not fit',
      'algorithm',
      () => privateKeyJwt('a', pem(ec.privateKey), { algorithm: 'RS256' }),
    ],
    ['a signer without an algorithm', 'algorithm', () => privateKeyJwt('a', () => new Uint8Array(1), { keyId: 'k' })],
    ['a signer without a keyId', 'keyId', () => privateKeyJwt('a', () => new Uint8Array(1), { algorithm: 'ES256' })],
    ['a lifetime of hours', 'lifetime', () => privateKeyJwt('a', pem(ec.privateKey), { lifetime: 3_600_000 })],
  ])('refuses %s at once', (_, option, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }))
  })

  test('what a signer throws stays behind', async () => {
    const server = await loopback(issues)
    const signer = () => Promise.reject(new Error('vault said: hunter2'))
    const tokens = source(server, privateKeyJwt('a', signer, { algorithm: 'ES256', keyId: 'k' }))
    const error: unknown = await Promise.resolve(tokens.token()).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'key' })
    expect(String(error)).not.toContain('hunter2')
  })

  test('the public key is what a server is given', async () => {
    expect(await exportJWK(createPublicKey(ec.privateKey))).not.toHaveProperty('d')
  })
})

test('clientAssertion sends somebody else’s assertion, a fresh one each time, and reset() ends its lock-out', async () => {
  let rejecting = true
  const server = await loopback((request, response) =>
    rejecting ? json(response, 401, { error: 'invalid_client' }) : issues(request, response),
  )
  let n = 0
  const tokens = source(
    server,
    clientAssertion('shop', async () => `assertion-${++n}`),
    { clock: manualClock() },
  )
  for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
  expect(server.requests).toHaveLength(1)
  rejecting = false
  await tokens.reset()
  await tokens.token()
  expect([assertionIn(server, 0), assertionIn(server, 1)]).toEqual(['assertion-1', 'assertion-2'])
})

test('tlsClientAuth sends the id alone, and the certificate', async () => {
  const identity = await selfSigned()
  const server = await tlsLoopback({ ...identity, requestCert: true, rejectUnauthorized: false }, issues)
  const tokens = source(server, tlsClientAuth('shop'), { tls: { ...identity, ca: identity.cert } })
  expect((await tokens.token()).value).toBe('abc')
  expect(server.requests[0]?.body).toBe('grant_type=client_credentials&client_id=shop')
  expect(server.presented[0]).toMatch(/^[0-9A-F:]+$/)
  expect(() => source(server, tlsClientAuth('shop'))).toThrow(/^tls: is missing/)
})
