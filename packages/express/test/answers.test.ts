import express from 'express'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  clientCertificate,
  hashApiKey,
  jwt,
  type Policy,
  requireAuth,
  VerificationError,
} from '../src/index.ts'
import { AUDIENCE, ISSUER, issuer } from './support/issuer.ts'
import { type Running, serve } from './support/server.ts'

const protect = (policy: Policy): Promise<Running> =>
  serve(express().use(requireAuth(policy), (_request, response) => void response.json({})))

const keys = apiKey({ keys: [{ id: 'a', hash: hashApiKey('right') }] })
const fails = (error: unknown): Policy =>
  bearer(() => {
    throw error
  })

describe('a decision and its answer', () => {
  const unavailable = new VerificationError('temporarily_unavailable', 'unavailable', 'db-17 is down', {
    retryAfter: 7.2,
  })
  const invalid = new VerificationError('invalid_token', 'revoked', 'revoked by db-17')
  const scope = new VerificationError('insufficient_scope', 'scope', 'db-17', { scope: ['a', 'b'] })
  const token = { authorization: 'Bearer x' }

  test.each<[string, Policy, Record<string, string | string[]>, number, string, string | undefined]>([
    ['nothing presented', keys, {}, 401, 'credentials_missing', 'ApiKey realm="api", header="x-api-key"'],
    ['a wrong key', keys, { 'x-api-key': 'x' }, 401, 'credentials_invalid', 'ApiKey realm="api", header="x-api-key"'],
    ['two keys', keys, { 'x-api-key': ['x', 'x'] }, 400, 'invalid_request', 'ApiKey realm="api", header="x-api-key"'],
    [
      'a certificate over plain HTTP',
      clientCertificate(),
      {},
      401,
      'credentials_missing',
      'ClientCertificate realm="api"',
    ],
    [
      'a refused token',
      fails(invalid),
      token,
      401,
      'credentials_invalid',
      'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or has expired"',
    ],
    [
      'too little scope',
      fails(scope),
      token,
      403,
      'insufficient_scope',
      'Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant what this request needs", scope="a b"',
    ],
    ['a verifier that cannot tell', fails(unavailable), token, 503, 'temporarily_unavailable', undefined],
    ['a verifier that breaks', fails(new Error('db-17')), token, 503, 'temporarily_unavailable', undefined],
    ['a verifier that throws nothing', fails(undefined), token, 503, 'temporarily_unavailable', undefined],
    [
      'a verifier that rejects',
      bearer(() => Promise.reject('db-17')),
      token,
      503,
      'temporarily_unavailable',
      undefined,
    ],
    [
      'a verifier that yields nothing',
      bearer(async () => undefined),
      token,
      401,
      'credentials_invalid',
      expect.any(String),
    ],
    [
      'a verifier that yields null',
      bearer((async () => null) as never),
      token,
      401,
      'credentials_invalid',
      expect.any(String),
    ],
    [
      'a verifier that yields true',
      bearer((async () => true) as never),
      token,
      401,
      'credentials_invalid',
      expect.any(String),
    ],
    ['claims that name nobody', bearer(async () => ({})), token, 401, 'credentials_invalid', expect.any(String)],
    [
      'a verifier of jose’s own',
      fails(Object.assign(new Error('db-17'), { code: 'ERR_JWT_EXPIRED' })),
      token,
      401,
      'credentials_invalid',
      expect.any(String),
    ],
  ])('%s', async (_name, policy, headers, status, code, challenge) => {
    const { send } = await protect(policy)
    const answered = await send({ headers })
    expect([answered.status, answered.json.code, answered.headers['www-authenticate']]).toEqual([
      status,
      code,
      challenge,
    ])
    expect(answered.headers['content-type']).toBe('application/problem+json')
    expect(answered.headers['cache-control']).toBe('no-store')
    expect(answered.json).toMatchObject({ type: 'about:blank', status, title: expect.any(String) })
    expect(answered.text + JSON.stringify(answered.headers)).not.toContain('db-17')
  })

  test('503 says when to ask again', async () => {
    const { send } = await protect(fails(unavailable))
    expect((await send({ headers: token })).headers['retry-after']).toBe('8')
  })

  test('429 says when to ask again', async () => {
    const { send } = await protect(basic({ verify: async () => undefined, attempts: { max: 1, window: 90_000 } }))
    const headers = { authorization: 'Basic YTpi' }
    await send({ headers })
    const { status, headers: got, json } = await send({ headers })
    expect([status, json.code]).toEqual([429, 'too_many_attempts'])
    expect(Number(got['retry-after'])).toBeGreaterThan(80)
  })

  test('what a party sent is never sent back', async () => {
    const { send } = await protect(anyOf(fails(invalid), keys))
    for (const marker of ['"injected', '\\injected', '<injected>', "realm='injected'", 'injected\u00e9']) {
      const { text, headers } = await send({ headers: { authorization: `Bearer ${marker}`, 'x-api-key': marker } })
      expect(text + JSON.stringify(headers)).not.toContain('injected')
    }
  })

  test('a realm is quoted', async () => {
    const { send } = await protect(bearer(async () => undefined, { realm: 'a "b" \\ c' }))
    expect((await send()).headers['www-authenticate']).toBe('Bearer realm="a \\"b\\" \\\\ c"')
  })

  test('HEAD has the headers and no body', async () => {
    const { send } = await protect(keys)
    const { status, text, headers } = await send({ method: 'HEAD' })
    expect([status, text, headers['www-authenticate']]).toEqual([401, '', 'ApiKey realm="api", header="x-api-key"'])
  })

  test('the body of a refused request is not waited for', async () => {
    const { send } = await protect(keys)
    expect((await send({ method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(401)
  })
})

test('keys of the issuer that cannot be had are 503 with Retry-After, and never 401', async () => {
  const signer = await issuer()
  const down = await serve((_request, response) => void response.writeHead(500).end())
  const verifier = jwt({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${down.url}/jwks`, allowInsecureLoopback: true })
  const { send } = await protect(bearer(verifier))
  const { status, headers, json } = await send({ headers: { authorization: `Bearer ${await signer.token()}` } })
  expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, '1', undefined])
  expect(json.code).toBe('temporarily_unavailable')
})

describe('which refusal speaks for several', () => {
  const outcome = (code: VerificationError['code']): Policy => fails(new VerificationError(code, 'refused', 'x'))
  const named = (name: string, policy: Policy): Policy => ({ ...policy, layers: [name] })
  const layers: Record<string, Policy> = {
    accepted: bearer(async () => ({ sub: 'acme' })),
    invalid: outcome('invalid_token'),
    scope: outcome('insufficient_scope'),
    undecided: outcome('temporarily_unavailable'),
    missing: apiKey({ header: 'x-missing', keys: [{ id: 'a', hash: hashApiKey('right') }] }),
  }
  const status = async (combine: typeof allOf, names: readonly string[]): Promise<number> => {
    const policies = names.map((name) => named(name, layers[name] as Policy))
    const { send } = await protect(combine(...policies))
    return (await send({ headers: { authorization: 'Bearer x' } })).status
  }

  test.each([
    [['accepted'], 200],
    [['accepted', 'invalid'], 401],
    [['accepted', 'missing'], 401],
    [['accepted', 'scope'], 403],
    [['accepted', 'undecided'], 503],
    [['invalid', 'undecided'], 401],
    [['missing', 'undecided'], 401],
    [['scope', 'undecided'], 503],
    [['scope', 'missing'], 401],
    [['scope', 'invalid'], 401],
  ])('all of %j: %i, in any order', async (names, expected) => {
    expect(await status(allOf, names)).toBe(expected)
    expect(await status(allOf, names.toReversed())).toBe(expected)
  })

  test.each([
    [['accepted', 'missing'], 200],
    // The same token, offered to two issuers: what one refuses another may accept.
    [['accepted', 'invalid'], 200],
    [['accepted', 'undecided'], 200],
    [['invalid', 'undecided'], 503],
    [['invalid', 'scope'], 403],
    [['invalid', 'missing'], 401],
    [['missing', 'undecided'], 503],
  ])('any of %j: %i, in any order', async (names, expected) => {
    expect(await status(anyOf, names)).toBe(expected)
    expect(await status(anyOf, names.toReversed())).toBe(expected)
  })
})
