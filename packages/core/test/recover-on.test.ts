import { type AuthEvent, apiKey, bearer, clientSecretPost, createStrategy, oauth2, type RecoverOn } from '@auth/core'
import { describe, expect, test, vi } from 'vitest'
import { call, testServer } from './support/authorization-server.ts'
import { manualClock, until } from './support/clock.ts'
import { json, loopback } from './support/loopback.ts'

const ORIGIN = 'https://api.example.com'
const UPS = JSON.stringify({ response: { errors: [{ code: 250002, message: 'Invalid Authentication Information.' }] } })
const USPS = JSON.stringify({ error: { code: '401', errors: [{ title: 'invalid_token' }] } })

/** A strategy whose key has just been rotated, so that every rejection it believes is recovered. */
function rotated(recoverOn: readonly RecoverOn[], clock = manualClock()) {
  const { recover } = createStrategy({ origins: [ORIGIN], layers: [apiKey('x-key', () => 'new')], recoverOn, clock })
  const sent = { url: `${ORIGIN}/x`, method: 'GET', headers: { 'x-key': 'old' } }
  return (answer: Parameters<typeof recover>[1]) => recover(sent, answer)
}

describe('a pattern', () => {
  test.each<[string, RecoverOn, object, boolean]>([
    ['a status', { status: 403 }, { status: 403 }, true],
    ['another status', { status: 403 }, { status: 401 }, false],
    ['one of several statuses', { status: [401, 498] }, { status: 498 }, true],
    ['a header', { header: { 'X-Reason': 'expired' } }, { status: 400, headers: { 'x-reason': 'expired' } }, true],
    [
      'a part of a header',
      { header: { 'x-reason': 'exp' } },
      { status: 400, headers: { 'x-reason': 'expired' } },
      false,
    ],
    [
      'the look of one',
      { header: { 'x-reason': /^EXP/i } },
      { status: 400, headers: new Headers({ 'X-Reason': 'expired' }) },
      true,
    ],
    ['a repeated header', { header: { via: /b/ } }, { status: 400, headers: { Via: ['a', 'b'] } }, true],
    ['a header that is not there', { header: { 'x-reason': /./ } }, { status: 401, headers: {} }, false],
    ['a header of an answer without any', { header: { 'x-reason': /./ } }, { status: 401 }, false],
    ['a success', { header: { 'x-reason': /./ } }, { status: 200, headers: { 'x-reason': 'expired' } }, false],
    [
      'the error of a challenge',
      { error: 'invalid_token' },
      { status: 401, headers: { 'www-authenticate': 'Bearer realm="a", error="invalid_token"' } },
      true,
    ],
    [
      'another error of a challenge',
      { error: 'invalid_token' },
      { status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } },
      false,
    ],
    [
      'the error of a body',
      { error: ['a', 'invalid_token'] },
      { status: 401, body: () => '{"error":"invalid_token"}' },
      true,
    ],
    [
      'a member of a body',
      { error: { 'response.errors.0.code': '250002' } },
      { status: 401, body: async () => UPS },
      true,
    ],
    [
      'a member that is not there',
      { error: { 'response.errors.1.code': '250002' } },
      { status: 401, body: async () => UPS },
      false,
    ],
    [
      'what every object has',
      { error: { 'constructor.name': 'Object' } },
      { status: 401, body: async () => '{}' },
      false,
    ],
    [
      'status and member',
      { status: 401, error: { 'error.errors.0.title': 'invalid_token' } },
      { status: 401, body: async () => USPS },
      true,
    ],
    [
      'the member with another status',
      { status: 401, error: { 'error.errors.0.title': 'invalid_token' } },
      { status: 403, body: async () => USPS },
      false,
    ],
    [
      'a body that is not JSON',
      { error: 'invalid_token' },
      { status: 401, body: async () => '<error>invalid_token</error>' },
      false,
    ],
    [
      'a body that breaks off',
      { error: 'invalid_token' },
      { status: 401, body: () => Promise.reject(new Error('reset')) },
      false,
    ],
    [
      'a body that is a stream',
      { error: 'invalid_token' },
      { status: 401, body: new Response('{"error":"invalid_token"}').body },
      false,
    ],
    [
      'a body of more than 64 KiB',
      { error: 'invalid_token' },
      { status: 401, body: async () => `{"error":"invalid_token","pad":"${'x'.repeat(65_536)}"}` },
      false,
    ],
  ])('judges %s', async (_, pattern, answer, expected) => {
    const recover = rotated([pattern])
    for (let i = 0; i < 2; i++) expect(await recover(answer as never)).toBe(expected)
  })

  test('that looks for every match finds each time what it finds the first time', async () => {
    const recover = rotated([{ header: { 'x-reason': /exp/g } }])
    for (let i = 0; i < 3; i++) expect(await recover({ status: 401, headers: { 'x-reason': 'exp' } })).toBe(true)
  })

  test('has the body read only if it needs it', async () => {
    const body = vi.fn(async () => undefined)
    const recover = rotated([{ status: 403, error: 'invalid_token' }, 401])
    await recover({ status: 401, body })
    await recover({ status: 404, body })
    await recover({ status: 200, body })
    expect(body).not.toHaveBeenCalled()
    await recover({ status: 403, body })
    expect(body).toHaveBeenCalledTimes(1)
  })

  test('asks for the body before the response can be read by anybody else', () => {
    const body = vi.fn(async () => undefined)
    void rotated([{ error: 'invalid_token' }])({ status: 401, body })
    expect(body).toHaveBeenCalled()
  })

  test('does not wait for a body for more than a second', async () => {
    const clock = manualClock()
    const recovered = rotated([{ error: 'invalid_token' }], clock)({ status: 401, body: () => new Promise(() => {}) })
    await until(() => clock.pending.length > 0)
    expect(clock.pending).toEqual([1000])
    await clock.advance(1000)
    expect(await recovered).toBe(false)
    expect(clock.pending).toEqual([])
  })

  test.each([
    [{}],
    [{ status: 200 }],
    [{ status: [] }],
    [{ status: '401' }],
    [{ header: {} }],
    [{ header: { via: 1 } }],
    [{ error: '' }],
    [{ error: {} }],
    [{ error: { a: 1 } }],
    [{ statuses: 401 }],
    [null],
  ])('%j is refused', (pattern) => {
    expect(() => rotated([pattern as never])).toThrow(/^recoverOn: must be/)
  })
})

describe('a 401 that no new token cures', () => {
  /** An API where the app lacks one product, told with a 401 as UPS and USPS do it. */
  async function carrier(lifetime = 28_800) {
    const clock = manualClock()
    const events: AuthEvent[] = []
    let tokenRequests = 0
    const server = await loopback(({ url = '', headers }, response) => {
      if (url === '/token') {
        return json(response, 200, { access_token: `token-${++tokenRequests}`, expires_in: lifetime })
      }
      if (headers.authorization !== `Bearer token-${tokenRequests}`) return json(response, 401, USPS)
      if (url.startsWith('/labels')) return json(response, 401, { error: { message: 'Insufficient OAuth scope' } })
      return json(response, url.startsWith('/rating') ? 401 : 200, UPS)
    })
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      allowInsecureLoopback: true,
      clock,
    })
    const strategy = createStrategy({
      origins: [server.origin],
      layers: [bearer(source)],
      allowInsecureLoopback: true,
      clock,
      onEvent: (event) => void events.push(event),
    })
    return {
      clock,
      server,
      strategy,
      events,
      get tokenRequests() {
        return tokenRequests
      },
      revoke: () => void tokenRequests++,
    }
  }

  test('costs a handful of token requests, at one call a minute beside healthy traffic', async () => {
    const c = await carrier()
    for (let minute = 0; minute < 60; minute++) {
      expect(await call(c.strategy, `${c.server.origin}/labels/v3/label/${minute}`)).toBe(401)
      expect(await call(c.strategy, `${c.server.origin}/rating/1Z${minute}XY?a=${minute}`)).toBe(401)
      expect(await call(c.strategy, `${c.server.origin}/tracking/${minute}`)).toBe(200)
      await c.clock.advance(60_000)
    }
    expect(c.tokenRequests).toBeLessThanOrEqual(3)
    // Each path is tried with a fresh token once, and answered once from then on.
    expect(c.server.requests.filter(({ line }) => line.includes('/labels')).length).toBeLessThanOrEqual(62)
  })

  test('is said so in the event', async () => {
    const c = await carrier()
    await call(c.strategy, `${c.server.origin}/labels`)
    await call(c.strategy, `${c.server.origin}/labels`)
    expect(c.events.filter(({ type }) => type === 'challenged')).toMatchObject([
      { method: 'GET', path: '/labels', recovered: true },
      { method: 'GET', path: '/labels', recovered: false, reason: expect.stringContaining('a fresh token') },
      { method: 'GET', path: '/labels', recovered: false, reason: expect.stringContaining('a fresh token') },
    ])
  })

  test('does not keep another path, or another method, from recovering', async () => {
    const c = await carrier()
    await call(c.strategy, `${c.server.origin}/labels`)
    c.revoke()
    expect(await call(c.strategy, `${c.server.origin}/tracking`)).toBe(200)
  })

  test('is tried with a fresh token again once the token is due, and after a reset', async () => {
    const c = await carrier(3600)
    await call(c.strategy, `${c.server.origin}/labels`)
    expect(c.tokenRequests).toBe(2)
    await c.clock.advance(3_600_000)
    await call(c.strategy, `${c.server.origin}/labels`)
    expect(c.tokenRequests).toBe(4)
    await c.strategy.reset()
    await call(c.strategy, `${c.server.origin}/labels`)
    expect(c.tokenRequests).toBe(6)
  })

  test('is told apart from a revocation between two calls', async () => {
    const c = await carrier()
    for (let i = 0; i < 5; i++) {
      expect(await call(c.strategy, `${c.server.origin}/tracking`)).toBe(200)
      await c.clock.advance(600_000)
      c.revoke()
    }
  })

  test('stops costing tokens also where requests cannot be sent again', async () => {
    const c = await carrier()
    const { server, strategy } = c
    for (let minute = 0; minute < 60; minute++) {
      const request = { url: `${server.origin}/labels/${minute}`, method: 'POST', headers: {} }
      const { headers = {} } = await strategy.authorize(request)
      const { status } = await fetch(request.url, { method: 'POST', headers })
      await strategy.recover({ ...request, headers, signal: AbortSignal.abort() }, { status })
      await call(strategy, `${server.origin}/tracking`)
      await c.clock.advance(60_000)
    }
    expect(c.tokenRequests).toBeLessThanOrEqual(6)
  })

  test('is remembered for so many paths, and no more', async () => {
    const server = await testServer()
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      allowInsecureLoopback: true,
    })
    const { authorize, recover } = createStrategy({
      origins: [server.origin],
      layers: [bearer(source)],
      allowInsecureLoopback: true,
    })
    const before = process.memoryUsage().heapUsed
    const { headers = {} } = await authorize({ url: server.origin, method: 'GET', headers: {} })
    for (let i = 0; i < 3000; i++) {
      const path = `${'x'.repeat(2000)}${i.toString(36).replace(/\d/g, 'q')}`
      await recover({ url: `${server.origin}/${path}`, method: 'GET', headers }, { status: 401, replayed: true })
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000)
  })
})
