import { clientSecretBasic, clientSecretPost } from '@auth/core'
import { type IntrospectionOptions, introspection, VerificationError } from '@auth/core/verify'
import { describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../support/clock.ts'
import { type Answer, json, type Loopback, loopback } from '../support/loopback.ts'
import { REQUEST } from './issuer.ts'

const SECRET = 'introspection-secret'

interface Setup {
  readonly clock: ManualClock
  readonly server: Loopback
  readonly verify: (token: string) => Promise<string>
  answer: Answer
}

/** What the endpoint answers; without an expiry the token has none. */
const says =
  (answer: unknown): Answer =>
  (_request, response) =>
    json(response, 200, answer)
const ACTIVE = { active: true, client_id: 'acme', scope: 'a b' }

async function setup(answer: unknown = ACTIVE, options: Partial<IntrospectionOptions> = {}): Promise<Setup> {
  const clock = manualClock()
  const state = { answer: says(answer) }
  const server = await loopback((request, response) => state.answer(request, response))
  const verifier = introspection({
    endpoint: `${server.origin}/introspect`,
    clientAuth: clientSecretBasic('api', SECRET),
    allowInsecureLoopback: true,
    clock,
    ...options,
  })
  const verify = async (token: string): Promise<string> => {
    try {
      await verifier(token, REQUEST)
      return 'accepted'
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      expect(error.message).not.toContain(SECRET)
      return error.code === 'temporarily_unavailable' ? `unavailable, ${error.retryAfter} s` : error.reason
    }
  }
  return Object.assign(state, { clock, server, verify })
}

describe('the question', () => {
  test('is a form with the token and the credentials of this server, whatever the token holds', async () => {
    const { server, verify } = await setup()
    await verify('a+b/c=&active=true\r\nx')
    expect(server.requests).toHaveLength(1)
    const { line, headers, body } = server.requests[0] as Loopback['requests'][0]
    expect(line).toBe('POST /introspect')
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(headers.authorization).toBe(`Basic ${Buffer.from(`api:${SECRET}`).toString('base64')}`)
    expect([...new URLSearchParams(body)]).toEqual([
      ['token', 'a+b/c=&active=true\r\nx'],
      ['token_type_hint', 'access_token'],
    ])
  })

  test('takes any client authentication', async () => {
    const { server, verify } = await setup(ACTIVE, { clientAuth: clientSecretPost('api', SECRET) })
    await verify('token')
    expect(new URLSearchParams(server.requests[0]?.body).get('client_secret')).toBe(SECRET)
  })
})

describe('the answer', () => {
  const now = manualClock().now() / 1000

  test.each<[string, unknown, string, Partial<IntrospectionOptions>?]>([
    ['active', ACTIVE, 'accepted'],
    ['not active', { active: false }, 'inactive'],
    ['not active, with claims', { ...ACTIVE, active: false }, 'inactive'],
    ['active as a string', { ...ACTIVE, active: 'true' }, 'unavailable, 1 s'],
    ['active as a number', { ...ACTIVE, active: 1 }, 'unavailable, 1 s'],
    ['nothing about active', { client_id: 'acme' }, 'unavailable, 1 s'],
    ['null', null, 'unavailable, 1 s'],
    ['a list', [ACTIVE], 'unavailable, 1 s'],
    ['active under __proto__', '{"__proto__":{"active":true}}', 'unavailable, 1 s'],
    ['expired', { ...ACTIVE, exp: now }, 'expired'],
    ['an expiry in a second', { ...ACTIVE, exp: now + 1 }, 'accepted'],
    ['an expiry as a string', { ...ACTIVE, exp: String(now + 60) }, 'claim'],
    ['an endless expiry', '{"active":true,"client_id":"acme","exp":1e400}', 'claim'],
    ['too early', { ...ACTIVE, nbf: now + 1 }, 'not_yet_valid'],
    ['bound to a certificate', { ...ACTIVE, cnf: { 'x5t#S256': 'A'.repeat(43) } }, 'confirmation'],
    ['bound to a key', { ...ACTIVE, cnf: { jkt: 'x' } }, 'confirmation'],
    ['the issuer that is asked for', { ...ACTIVE, iss: 'https://a' }, 'accepted', { issuer: 'https://a' }],
    ['another issuer', { ...ACTIVE, iss: 'https://b' }, 'issuer', { issuer: 'https://a' }],
    ['no issuer', ACTIVE, 'issuer', { issuer: 'https://a' }],
    ['the audience that is asked for', { ...ACTIVE, aud: ['x', 'y'] }, 'accepted', { audience: ['y', 'z'] }],
    ['another audience', { ...ACTIVE, aud: 'x' }, 'audience', { audience: 'y' }],
    ['no audience', ACTIVE, 'audience', { audience: 'y' }],
    ['the scope that is asked for', ACTIVE, 'accepted', { requiredScope: ['a', 'b'] }],
    ['too little scope', ACTIVE, 'scope', { requiredScope: ['a', 'c'] }],
  ])('%s: %s', async (_name, answer, expected, options) => {
    const { verify } = await setup(answer, options)
    expect(await verify('token')).toBe(expected)
  })
})

describe('remembering answers', () => {
  test('one question for 50 requests at once, and none for 30 seconds', async () => {
    const { clock, server, verify } = await setup()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => verify('token')))
    expect(new Set(outcomes)).toEqual(new Set(['accepted']))
    await clock.advance(29_999)
    expect(await verify('token')).toBe('accepted')
    expect(server.requests).toHaveLength(1)
  })

  test('a revoked token is refused within 30 seconds', async () => {
    const state = await setup()
    await state.verify('token')
    state.answer = says({ active: false })
    await state.clock.advance(30_000)
    expect(await state.verify('token')).toBe('inactive')
  })

  test('also when the wall clock was set back, or the machine slept', async () => {
    const state = await setup()
    await state.verify('token')
    state.answer = says({ active: false })
    const then = state.clock.now()
    await state.clock.advance(30_000)
    state.clock.setWall(then - 60_000)
    expect(await state.verify('token')).toBe('inactive')

    const asleep = await setup()
    await asleep.verify('token')
    asleep.answer = says({ active: false })
    asleep.clock.setWall(asleep.clock.now() + 30_000)
    expect(await asleep.verify('token')).toBe('inactive')
  })

  test('no token outlives its expiry', async () => {
    const { clock, server, verify } = await setup({ ...ACTIVE, exp: manualClock().now() / 1000 + 10 })
    expect(await verify('token')).toBe('accepted')
    await clock.advance(10_000)
    expect(await verify('token')).toBe('expired')
    expect(server.requests).toHaveLength(1)
  })

  test('an answer that came late is as old as its question', async () => {
    const state = await setup()
    state.answer = async (_request, response) => {
      await state.clock.advance(29_000)
      json(response, 200, ACTIVE)
    }
    await state.verify('token')
    await state.clock.advance(1000)
    await state.verify('token')
    expect(state.server.requests).toHaveLength(2)
  })

  test('a refusal is used again for 5 seconds', async () => {
    const state = await setup({ active: false })
    await state.verify('token')
    await state.verify('token')
    expect(state.server.requests).toHaveLength(1)
    state.answer = says(ACTIVE)
    await state.clock.advance(5000)
    expect(await state.verify('token')).toBe('accepted')
  })

  test('made-up tokens push no real one out', async () => {
    const state = await setup(ACTIVE, { cacheSize: 2 })
    await state.verify('token')
    state.answer = says({ active: false })
    for (let i = 0; i < 20; i++) await state.verify(`made-up-${i}`)
    expect(await state.verify('token')).toBe('accepted')
    expect(state.server.requests).toHaveLength(21)
  })

  test('can be switched off', async () => {
    const { server, verify } = await setup(ACTIVE, { cacheTime: 0 })
    await verify('token')
    await verify('token')
    expect(server.requests).toHaveLength(2)
  })

  test('claims are frozen', async () => {
    const { server } = await setup()
    const verifier = introspection({
      endpoint: server.origin,
      clientAuth: clientSecretBasic('api', SECRET),
      allowInsecureLoopback: true,
    })
    expect(Object.isFrozen(await verifier('token', REQUEST))).toBe(true)
  })
})

describe('an endpoint in trouble', () => {
  test.each<[string, Answer]>([
    ['does not know this server', (_request, response) => json(response, 401, { error: 'invalid_client' })],
    ['answers 500', (_request, response) => json(response, 500, {})],
    ['answers 204', (_request, response) => json(response, 204, '')],
    ['redirects', (_request, response) => json(response, 307, {}, { location: '/elsewhere' })],
    ['answers HTML', (_request, response) => json(response, 200, '<html>')],
    ['answers too much', (_request, response) => json(response, 200, { ...ACTIVE, x: 'x'.repeat(300_000) })],
    ['hangs', () => {}],
    ['cuts the connection', (request) => void request.socket.destroy()],
  ])('that %s leaves it undecided', async (_what, answer) => {
    const state = await setup(ACTIVE, { timeout: 100 })
    state.answer = answer
    expect(await state.verify('token')).toMatch(/^unavailable/)
    // None when the machine was too busy for the connection to be made in time.
    expect(state.server.requests.length).toBeLessThanOrEqual(1)
  })

  test('is left alone for a growing while when it cannot be reached', async () => {
    const state = await setup()
    state.answer = (request) => void request.socket.destroy()
    await state.verify('token-1')
    await state.verify('token-2')
    expect(state.server.requests).toHaveLength(1)
    await state.clock.advance(1000)
    await state.verify('token-3')
    await state.clock.advance(1999)
    expect(await state.verify('token-4')).toMatch(/^unavailable/)
    expect(state.server.requests).toHaveLength(2)
    state.answer = says(ACTIVE)
    await state.clock.advance(1)
    expect(await state.verify('token-5')).toBe('accepted')
  })

  test('is left alone for as long as it asks for', async () => {
    const state = await setup()
    state.answer = (_request, response) => json(response, 429, {}, { 'retry-after': '60' })
    expect(await state.verify('token')).toBe('unavailable, 60 s')
    await state.clock.advance(59_000)
    await state.verify('token')
    expect(state.server.requests).toHaveLength(1)
  })

  test('over one token is asked about the others', async () => {
    const state = await setup()
    state.answer = (request, response) =>
      request.body.includes('bad') ? json(response, 500, {}) : json(response, 200, ACTIVE)
    expect(await state.verify('bad')).toMatch(/^unavailable/)
    expect(await state.verify('good')).toBe('accepted')
  })

  test('does not end what was verified a moment ago', async () => {
    const state = await setup()
    await state.verify('token')
    state.answer = (request) => void request.socket.destroy()
    await state.verify('other')
    expect(await state.verify('token')).toBe('accepted')
  })
})

test.each<[string, Partial<IntrospectionOptions>]>([
  ['endpoint', { endpoint: 'http://as.example/introspect' }],
  ['endpoint', { endpoint: 'introspect' }],
  ['clientAuth', { clientAuth: undefined as never }],
  ['issuer', { issuer: '' }],
  ['audience', { audience: [] }],
  ['requiredScope', { requiredScope: '' }],
  ['cacheTime', { cacheTime: -1 }],
  ['cacheSize', { cacheSize: 0 }],
  ['timeout', { timeout: 0 }],
  ['party', { party: 'x' as never }],
])('a wrong %s fails at once', (option, options) => {
  const make = () =>
    introspection({ endpoint: 'https://as.example/', clientAuth: clientSecretBasic('a', 'b'), ...options })
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }))
})

describe('what authorization servers do', () => {
  test('a client authentication that takes its time is waited for', async () => {
    const { server, verify } = await setup(ACTIVE, {
      clientAuth: {
        method: 'own',
        credential: () => ({ id: 'api', fingerprint: 'x' }),
        async apply({ url, headers }) {
          await new Promise((resolve) => setImmediate(resolve))
          headers.authorization = `Own ${new URL(url).pathname}`
        },
      },
    })
    expect(await verify('t')).toBe('accepted')
    expect(server.requests[0]?.headers.authorization).toBe('Own /introspect')
  })

  test('400 invalid_token is a token that is not active, and no outage', async () => {
    const state = await setup()
    state.answer = (_request, response) => json(response, 400, { error: 'invalid_token' })
    expect(await state.verify('junk')).toBe('inactive')
    state.answer = says(ACTIVE)
    expect(await state.verify('good')).toBe('accepted')
    state.answer = (_request, response) => json(response, 400, { error: 'invalid_request' })
    expect(await state.verify('other')).toContain('unavailable')
  })

  test('members that are null say nothing', async () => {
    const { verify } = await setup({ ...ACTIVE, exp: null, nbf: null, sub: null, cnf: null, aud: null, scope: null })
    expect(await verify('t')).toBe('accepted')
  })

  test('no cache of a framework answers', async () => {
    const inits: RequestInit[] = []
    const { verify } = await setup(ACTIVE, {
      fetch: (url, init) => {
        inits.push(init ?? {})
        return fetch(url, init)
      },
    })
    await verify('t')
    expect(inits.map(({ cache }) => cache)).toEqual(['no-store'])
  })
})
