// What failed in use: each case failed before it was mended.

import { clientSecretBasic } from '@auth/core'
import {
  apiKey,
  basic,
  bearer,
  clientCertificate,
  type Decision,
  hashApiKey,
  type InboundRequest,
  InvalidTokenError,
  inboundRequest,
  introspection,
  jwt,
  type Policy,
} from '@auth/core/verify'
import { testIssuer } from '@auth/core/verify/testing'
import * as joseErrors from 'jose/errors'
import { describe, expect, test } from 'vitest'
import { ISSUER } from './issuer.ts'

const CLIENT = '192.0.2.1'
const ATTACKER = '198.51.100.7'

function login(username: string, password: string, remoteAddress = CLIENT): InboundRequest {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return inboundRequest({ rawHeaders: ['Authorization', authorization], socket: { remoteAddress } })
}
const withToken = (token: string): InboundRequest =>
  inboundRequest({ rawHeaders: ['authorization', `Bearer ${token}`], socket: {} })
const reportOf = async (decision: Decision | Promise<Decision>) => (await decision).reports[0]

describe('the limit of basic', () => {
  test('holds for guesses from elsewhere, though the user was accepted: the right one is not told apart', async () => {
    const policy = basic({ verify: (name, password) => (password === 'right' ? { party: name } : undefined) })
    expect(await policy.decide(login('acme', 'right'))).toMatchObject({ outcome: 'authenticated' })
    for (let i = 0; i < 30; i++) await policy.decide(login('acme', `guess-${i}`, ATTACKER))
    for (const guess of ['wrong', 'right']) {
      expect(await policy.decide(login('acme', guess, ATTACKER))).toMatchObject({ outcome: 'throttled' })
    }
    expect(await policy.decide(login('acme', 'right'))).toMatchObject({ outcome: 'authenticated' })
  })

  test('is not passed by joining the login of another address that is under way', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const policy = basic({
      verify: async (name, password) => {
        if (password === 'right') await held
        return password === 'right' ? { party: name } : undefined
      },
    })
    for (let i = 0; i < 30; i++) await policy.decide(login('acme', `guess-${i}`, ATTACKER))
    const own = policy.decide(login('acme', 'right'))
    expect(await policy.decide(login('acme', 'right', ATTACKER))).toMatchObject({ outcome: 'throttled' })
    release()
    expect(await own).toMatchObject({ outcome: 'authenticated' })
  })

  test('sees the request of the framework', async () => {
    const seen: unknown[] = []
    const message = {
      rawHeaders: login('a', 'b').header('x'),
      headers: { authorization: 'Basic YTpi' },
      ip: '203.0.113.9',
    }
    const policy = basic({
      verify: () => undefined,
      attempts: {
        peer({ original }) {
          seen.push(original)
          return (original as { ip: string }).ip
        },
      },
    })
    await policy.decide(inboundRequest(message))
    expect(seen).toEqual([message])
  })
})

describe('a flood of logins', () => {
  async function flooded(known: boolean, from = ATTACKER) {
    const waiting: (() => void)[] = []
    let slow = false
    const policy = basic({
      concurrency: 4,
      verify: async (name, password) => {
        if (slow) await new Promise<void>((resolve) => waiting.push(resolve))
        return password === 'right' ? { party: name } : undefined
      },
    })
    if (known) await policy.decide(login('acme', 'right'))
    slow = true
    const flood = Array.from({ length: 500 }, (_, i) => policy.decide(login(`made-up-${i}`, 'x', from)))
    const own = policy.decide(login('acme', 'right'))
    const drain = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        await new Promise((resolve) => setImmediate(resolve))
        for (const go of waiting.splice(0)) go()
      }
    }
    return { own, flood, drain }
  }

  test.each([
    ['a user who was accepted before', true],
    ['a user of another address', false],
  ])('does not starve %s', async (_name, known) => {
    const { own, flood, drain } = await flooded(known)
    // The first four run; the user is next, or in turn.
    await drain(3)
    expect(await own).toMatchObject({ outcome: 'authenticated' })
    await drain(80)
    expect(new Set((await Promise.all(flood)).map(({ outcome }) => outcome))).toEqual(new Set(['invalid', 'undecided']))
  })

  test('from the same address does not starve a user who was accepted before', async () => {
    const { own, flood, drain } = await flooded(true, CLIENT)
    await drain(3)
    expect(await own).toMatchObject({ outcome: 'authenticated' })
    await drain(80)
    await Promise.all(flood)
  })
})

test('a `verify` that never settles gives its place to the next one, and is undecided', async () => {
  const policy = basic({
    concurrency: 1,
    timeout: 20,
    verify: (name) => (name === 'stuck' ? new Promise(() => {}) : { party: name }),
  })
  const stuck = policy.decide(login('stuck', 'x'))
  const next = policy.decide(login('acme', 'right'))
  expect(await stuck).toMatchObject({ outcome: 'undecided', retryAfter: 1, reports: [{ detail: 'TimeoutError' }] })
  expect(await next).toMatchObject({ outcome: 'authenticated' })
  expect(await policy.decide(login('stuck', 'x'))).toMatchObject({ outcome: 'undecided' })
})

describe('functions of the application that fail are undecided', () => {
  const boom = (): never => {
    throw new Error('secret-1')
  }
  const keys = [{ id: 'k', hash: hashApiKey('right') }]
  test.each<[string, Policy, InboundRequest]>([
    ['attempts.peer of basic', basic({ verify: () => undefined, attempts: { peer: boom } }), login('a', 'b')],
    [
      'attempts.peer that gives a promise',
      basic({ verify: () => undefined, attempts: { peer: async () => 'x' } as never }),
      login('a', 'b'),
    ],
    [
      'attempts.peer of apiKey',
      apiKey({ keys, attempts: { peer: boom } }),
      inboundRequest({ rawHeaders: ['x-api-key', 'wrong'] }),
    ],
    ['party of a token', bearer(Object.assign(() => ({ sub: 'a' }), { party: boom })), withToken('x')],
    ['verify of basic', basic({ verify: boom }), login('a', 'b')],
    ['keys of apiKey', apiKey({ keys: boom }), inboundRequest({ rawHeaders: ['x-api-key', 'x'] })],
  ])('%s', async (_name, policy, request) => {
    const decision = await policy.decide(request)
    expect(decision.outcome).toBe('undecided')
    expect(JSON.stringify(decision)).not.toContain('secret-1')
  })
})

test('a scope that is a string is one scope, or several by its spaces, and never letters', async () => {
  const scoped = (scope: unknown) =>
    basic({ verify: () => ({ party: 'acme', scope }) as never }).decide(login('acme', 'x'))
  expect(await scoped('admin')).toMatchObject({ identity: { scope: ['admin'] } })
  expect(await scoped('a b')).toMatchObject({ identity: { scope: ['a', 'b'] } })
  expect(await scoped(7)).toMatchObject({
    outcome: 'undecided',
    reports: [{ detail: expect.stringContaining('scope') }],
  })
})

describe('verifiers of the application', () => {
  class JwtExpiredError extends Error {}
  class FetchError extends Error {}
  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
  const coded = (code: string): Error => Object.assign(new Error('x'), { code })
  test.each<[string, unknown, string]>([
    ['InvalidTokenError', new InvalidTokenError('no such session'), 'invalid'],
    ['jose: not supported', new joseErrors.JOSENotSupported('x'), 'invalid'],
    ['jose: expired', new joseErrors.JWTExpired('x', {}), 'invalid'],
    ['jose: keys timed out', new joseErrors.JWKSTimeout(), 'undecided'],
    ['jsonwebtoken: expired', named('TokenExpiredError', 'jwt expired'), 'invalid'],
    ['jsonwebtoken: signature', named('JsonWebTokenError', 'invalid signature'), 'invalid'],
    [
      'jsonwebtoken: key fetching',
      named('JsonWebTokenError', 'error in secret or public key callback: x'),
      'undecided',
    ],
    ['jsonwebtoken: not yet', named('NotBeforeError', 'jwt not active'), 'invalid'],
    ['fast-jwt: expired', coded('FAST_JWT_EXPIRED'), 'invalid'],
    ['fast-jwt: key fetching', coded('FAST_JWT_KEY_FETCHING_ERROR'), 'undecided'],
    ['aws-jwt-verify: expired', new JwtExpiredError('x'), 'invalid'],
    ['aws-jwt-verify: fetching', new FetchError('x'), 'undecided'],
    ['anything else', new Error('db'), 'undecided'],
  ])('%s', async (_name, error, outcome) => {
    for (const verifier of [
      () => Promise.reject(error),
      () => {
        throw error
      },
    ]) {
      expect((await bearer(verifier).decide(withToken('x'))).outcome).toBe(outcome)
    }
  })
})

describe('tokens', () => {
  test('of an issuer that names no audience are taken with `audience: false`; ID tokens are not', async () => {
    const issuer = await testIssuer()
    const policy = bearer(jwt({ issuer: issuer.issuer, jwks: issuer.jwks, audience: false }))
    const accessToken = await issuer.token({ aud: undefined, token_use: 'access' })
    expect(await policy.decide(withToken(accessToken))).toMatchObject({ outcome: 'authenticated' })
    const idToken = await issuer.token({ aud: 'client-7', token_use: 'id' })
    expect(await reportOf(policy.decide(withToken(idToken)))).toMatchObject({ outcome: 'invalid', reason: 'audience' })
    expect(() => jwt({ issuer: issuer.issuer, jwks: issuer.jwks } as never)).toThrow(
      expect.objectContaining({ option: 'audience' }),
    )
  })

  test('the detail of a refusal says what was expected and what came, and nothing that breaks a log', async () => {
    const issuer = await testIssuer()
    const policy = bearer(jwt(issuer))
    const other = await issuer.token({ iss: 'https://other.example\n\u001b[31m' })
    expect((await reportOf(policy.decide(withToken(other))))?.detail).toBe(
      'the token is of issuer "https://other.example??[31m", not "https://issuer.test"',
    )
    const audience = await issuer.token({ aud: ['a', 'b'] })
    expect((await reportOf(policy.decide(withToken(audience))))?.detail).toBe(
      'the token is for audience "a", "b", not "https://api.test"',
    )
  })

  test('of Entra v1 name their party by appid', async () => {
    const issuer = await testIssuer()
    const token = await issuer.token({ client_id: undefined, appid: 'app-1', sub: 'subject' })
    expect(await bearer(jwt(issuer)).decide(withToken(token))).toMatchObject({ identity: { party: 'app-1' } })
  })
})

describe('options that nobody reads are refused', () => {
  const keys = [{ id: 'k', hash: hashApiKey('right') }]
  const jwtOptions = { issuer: ISSUER, audience: 'a', jwksUri: 'https://issuer.example/jwks' }
  const introspectionOptions = { endpoint: 'https://i.example', clientAuth: clientSecretBasic('a', 'b') }
  test.each<[string, () => unknown]>([
    ['requiredScopes', () => jwt({ ...jwtOptions, requiredScopes: 'a' } as never)],
    ['isrevoked', () => jwt({ ...jwtOptions, isrevoked: () => false } as never)],
    ['proxy.trust', () => jwt({ ...jwtOptions, proxy: { header: 'x', trusted: '10.0.0.1', trust: 1 } as never })],
    ['cachetime', () => introspection({ ...introspectionOptions, cachetime: 1 } as never)],
    ['clientAuth', () => introspection({ endpoint: 'https://i.example', clientAuth: { apply() {} } as never })],
    ['keys[0].expires', () => apiKey({ keys: [{ ...keys[0], expires: 1 }] as never })],
    ['headers', () => apiKey({ keys, headers: 'x' } as never)],
    ['attempts.maximum', () => apiKey({ keys, attempts: { maximum: 1 } as never })],
    ['verfy', () => basic({ verfy: () => undefined } as never)],
    ['attempts.windows', () => basic({ verify: () => undefined, attempts: { windows: 1 } as never })],
    ['partty', () => clientCertificate({ partty: () => 'x' } as never)],
    ['realms', () => bearer(() => undefined, { realms: 'x' } as never)],
    ['jwks', () => jwt({ issuer: ISSUER, audience: 'a', jwks: { keys: [] } })],
    ['jwks', () => jwt({ issuer: ISSUER, audience: 'a', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } })],
  ])('%s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ option }))
  })

  test('a row of a database may have more columns than a record has members', async () => {
    const policy = apiKey({ keys: (hash) => ({ id: 'k', hash, created_at: 'x' }) as never })
    expect(await policy.decide(inboundRequest({ rawHeaders: ['x-api-key', 'x'] }))).toMatchObject({
      outcome: 'authenticated',
    })
  })
})
