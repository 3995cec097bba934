import type { AuthEvent, CredentialsRejectedError, TokenEndpointError } from '@auth/core'
import { clientSecretBasic, clientSecretPost, memoryStore, posti } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { testServer, tokens } from '../support/authorization-server.ts'
import { hastyClock, manualClock, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

const MINUTE = 60_000
const HOUR = 3_600_000

const rejection = (promise: unknown): Promise<CredentialsRejectedError & TokenEndpointError> =>
  Promise.resolve(promise).then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error,
  )

describe('rejected credentials', () => {
  test('20 concurrent and 20 sequential callers with a wrong Posti password cost one of the five logins', async () => {
    const server = await testServer()
    server.fault = (_, response) =>
      json(response, 401, { status: 401, error: 'Unauthorized', message: 'Bad credentials' })
    const clock = manualClock()
    const strategy = posti(
      { username: 'accountname', password: 'wrong' },
      { origins: [server.origin], tokenEndpoint: `${server.origin}/token`, allowInsecureLoopback: true, clock },
    )
    const authorize = async (): Promise<unknown> =>
      strategy.authorize({ url: server.origin, method: 'GET', headers: {} })
    const errors = await Promise.all(Array.from({ length: 20 }, () => rejection(authorize())))
    for (let i = 0; i < 20; i++) errors.push(await rejection(authorize()))
    expect(server.tokenRequests).toBe(1)
    expect(new Set(errors.map((error) => error.code))).toEqual(new Set(['ERR_AUTH_CREDENTIALS_REJECTED']))
    expect(new Set(errors.map((error) => error.retryAt))).toEqual(new Set([clock.now() + HOUR]))
    expect(strategy.status().layers[0]).toMatchObject({ state: 'rejected', blockedUntil: clock.now() + HOUR })
  })

  test('after Posti’s hour there is exactly one probe, whatever the wall clock said meanwhile', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, {})
    const clock = manualClock()
    const strategy = posti(
      { username: 'accountname', password: 'wrong' },
      { origins: [server.origin], tokenEndpoint: `${server.origin}/token`, allowInsecureLoopback: true, clock },
    )
    const authorize = async (): Promise<unknown> =>
      strategy.authorize({ url: server.origin, method: 'GET', headers: {} })
    await rejection(authorize())
    clock.setWall(clock.now() + 2 * HOUR)
    await rejection(authorize())
    await clock.advance(HOUR - 1)
    await rejection(authorize())
    expect(server.tokenRequests).toBe(1)
    await clock.advance(1)
    await Promise.all(Array.from({ length: 20 }, () => rejection(authorize())))
    expect(server.tokenRequests).toBe(2)
  })

  test('elsewhere the window is a minute and doubles up to an hour', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 400, { error: 'invalid_client' })
    const clock = manualClock()
    const source = tokens(server, { clock })
    const windows: number[] = []
    for (let i = 0; i < 9; i++) {
      const error = await rejection(source.token())
      windows.push((error.retryAt - clock.now()) / MINUTE)
      await clock.advance(error.retryAt - clock.now())
    }
    expect(windows).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(server.tokenRequests).toBe(9)
  })

  test('credentials that are accepted again start from the first window', async () => {
    const server = await testServer(1)
    const clock = manualClock()
    const source = tokens(server, { clock })
    const fault = (_: unknown, response: Parameters<typeof json>[0]): void => json(response, 401, {})
    server.fault = fault
    await rejection(source.token())
    await clock.advance(MINUTE)
    server.fault = undefined
    await source.token()
    await clock.advance(MINUTE)
    server.fault = fault
    expect((await rejection(source.token())).retryAt).toBe(clock.now() + MINUTE)
  })

  test('a changed secret is tried at once, and the old one not again', async () => {
    const server = await testServer()
    let secret = 'old'
    const seen: string[] = []
    server.fault = (request, response) => {
      const sent = new URLSearchParams(request.body).get('client_secret') as string
      seen.push(sent)
      if (sent === 'new') json(response, 200, { access_token: 'fresh', token_type: 'Bearer', expires_in: 1 })
      else json(response, 401, {})
    }
    const clock = manualClock()
    const source = tokens(server, { clock, clientAuth: clientSecretPost('client', async () => secret) })
    await rejection(source.token())
    secret = 'new'
    expect((await source.token()).value).toBe('fresh')
    secret = 'old'
    await clock.advance(5000)
    await rejection(source.token())
    expect(seen).toEqual(['old', 'new'])
  })

  test('a secret that rotates while a request with the old one is under way is tried at once', async () => {
    const server = await testServer()
    let secret = 'old'
    const open = server.hold()
    server.fault = (request, response) =>
      request.body.includes('old')
        ? json(response, 401, {})
        : json(response, 200, { access_token: 'fresh', expires_in: 3600 })
    const source = tokens(server, { clientAuth: clientSecretPost('client', () => secret) })
    const early = rejection(source.token())
    await until(() => server.tokenRequests === 1)
    secret = 'new'
    open()
    expect((await early).code).toBe('ERR_AUTH_CREDENTIALS_REJECTED')
    expect((await source.token()).value).toBe('fresh')
    expect(server.tokenRequests).toBe(2)
  })

  test('reset forgets the rejection', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, {})
    const source = tokens(server)
    await rejection(source.token())
    await source.reset()
    server.fault = undefined
    expect((await source.token()).value).toBe('token-1')
  })

  test('each carrier may say which answers mean rejected', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 422, { problem: { code: 'LOGIN_FAILED' } })
    const source = tokens(server, {
      rejected: [{ status: 422, error: 'LOGIN_FAILED' }],
      response: { error: 'problem.code' },
      hint: 'Look at the portal',
    })
    const error = await rejection(source.token())
    expect(error.code).toBe('ERR_AUTH_CREDENTIALS_REJECTED')
    expect(error.message).toContain('422, LOGIN_FAILED')
    expect(error.message).toContain('Look at the portal')
  })

  test('a rejection while a token is still good leaves that token in service', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    await clock.advance(3_600_000 - 200_000)
    server.fault = (_, response) => json(response, 401, {})
    source.token()
    await until(() => source.status().blockedUntil !== undefined)
    for (let i = 0; i < 10; i++) {
      expect(source.token()).toMatchObject({ value: 'token-1' })
      await clock.advance(1000)
    }
    expect(server.tokenRequests).toBe(2)
  })
})

describe('throttling', () => {
  test.each([
    ['seconds', () => '30'],
    ['a date', (now: number) => new Date(now + 30_000).toUTCString()],
  ])('nobody asks before Retry-After ends, given as %s', async (_, header) => {
    const server = await testServer()
    const clock = manualClock()
    server.fault = (_request, response) => json(response, 429, {}, { 'retry-after': header(clock.now()) })
    const source = tokens(server, { clock })
    const error = await rejection(source.token())
    expect(error).toMatchObject({
      code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
      status: 429,
      retryAt: clock.now() + 30_000,
    })
    server.fault = undefined
    await clock.advance(29_999)
    await rejection(source.token())
    expect(server.tokenRequests).toBe(1)
    await clock.advance(1)
    expect((await source.token()).value).toBe('token-1')
  })

  test('a 503 that names its end is left alone until then', async () => {
    const server = await testServer()
    const clock = manualClock()
    server.fault = (_, response) => json(response, 503, {}, { 'retry-after': '5' })
    const source = tokens(server, { clock })
    expect((await rejection(source.token())).code).toBe('ERR_AUTH_TOKEN_ENDPOINT_THROTTLED')
    await rejection(source.token())
    expect(server.tokenRequests).toBe(1)
  })

  test('a 403 that a carrier declares to be a penalty is left alone until it ends (FedEx: ten minutes)', async () => {
    const server = await testServer()
    const clock = manualClock()
    server.fault = (_, response) => json(response, 403, {})
    const source = tokens(server, { clock, throttled: [{ status: [403, 429], penalty: 10 * MINUTE }] })
    const error = await rejection(source.token())
    expect(error).toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', retryAt: clock.now() + 10 * MINUTE })
    for (let i = 0; i < 9; i++) {
      await clock.advance(MINUTE)
      await rejection(source.token())
    }
    expect(server.tokenRequests).toBe(1)
    server.fault = undefined
    await clock.advance(MINUTE)
    expect((await source.token()).value).toBe('token-1')
  })

  test('a Retry-After of a year does not silence an account for longer than a day', async () => {
    const server = await testServer()
    const clock = manualClock()
    server.fault = (_, response) => json(response, 429, {}, { 'retry-after': '31536000' })
    const source = tokens(server, { clock })
    expect((await rejection(source.token())).retryAt).toBe(clock.now() + 24 * HOUR)
  })
})

describe('an unavailable endpoint', () => {
  test('is tried three times with growing, spread waits', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 500, {})
    const clock = manualClock()
    const source = tokens(server, { clock })
    const failed = rejection(source.token())
    const waits: number[] = []
    for (let i = 0; i < 2; i++) {
      await until(() => clock.pending.length === 1)
      waits.push(clock.pending[0] as number)
      await clock.advance(1000)
    }
    expect((await failed).code).toBe('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE')
    expect(server.tokenRequests).toBe(3)
    expect(waits[0]).toBeGreaterThanOrEqual(125)
    expect(waits[0]).toBeLessThanOrEqual(250)
    expect(waits[1]).toBeGreaterThanOrEqual(250)
    expect(waits[1]).toBeLessThanOrEqual(500)
  })

  test('that comes back between two attempts fails nobody', async () => {
    const server = await testServer()
    server.fault = (_, response) => {
      server.fault = undefined
      json(response, 502, '<html>')
    }
    const source = tokens(server, { clock: hastyClock() })
    expect((await source.token()).value).toBe('token-1')
  })

  test('that cannot be reached says so with the code of the network', async () => {
    const server = await testServer()
    await server.close()
    const source = tokens(server, { clock: hastyClock() })
    const error = await rejection(source.token())
    expect(error.code).toBe('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE')
    expect(error.message).toContain('ECONNREFUSED')
  })
})

describe('isolation', () => {
  test('tenants with the same client id and different secrets share no token, no flight and no rejection', async () => {
    const server = await testServer()
    const store = memoryStore()
    server.fault = (request, response) => {
      const sent = new URLSearchParams(request.body).get('client_secret')
      if (sent === 'wrong') json(response, 401, {})
      else json(response, 200, { access_token: `of-${sent}`, expires_in: 3600 })
    }
    const sources = ['a', 'b', 'wrong'].map((secret) =>
      tokens(server, { store, clientAuth: clientSecretPost('same', secret) }),
    )
    const results = await Promise.allSettled(sources.map(async (source) => (await source.token()).value))
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code))).toEqual([
      'of-a',
      'of-b',
      'ERR_AUTH_CREDENTIALS_REJECTED',
    ])
    expect(server.tokenRequests).toBe(3)
  })

  test('scopes, hosts, client authentications and placements share nothing', async () => {
    const server = await testServer()
    const other = await testServer()
    const store = memoryStore()
    const { clientCredentials } = await import('@auth/core')
    const sources = [
      tokens(server, { store }),
      tokens(server, { store, grant: clientCredentials({ scope: 'a' }) }),
      tokens(server, { store, grant: clientCredentials({ scope: 'b' }) }),
      tokens(server, { store, grant: clientCredentials({ audience: 'a' }) }),
      tokens(server, { store, grant: clientCredentials({ placement: 'query' }) }),
      tokens(server, { store, clientAuth: clientSecretBasic('client', 'secret') }),
      tokens(server, { store, headers: { 'x-merchant-id': '1' } }),
      tokens(server, { store, headers: { 'x-merchant-id': '2' } }),
    ]
    await Promise.all(sources.map((source) => source.token()))
    await tokens(other, { store }).token()
    expect(server.tokenRequests).toBe(sources.length)
    expect(other.tokenRequests).toBe(1)
    await tokens(server, { store }).token()
    expect(server.tokenRequests).toBe(sources.length)
  })

  test('events of a blocked request name code and time, and count no token request', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, {})
    const events: AuthEvent[] = []
    const clock = manualClock()
    const source = tokens(server, { clock, onEvent: (event) => events.push(event) })
    await rejection(source.token())
    await rejection(source.token())
    expect(events.map((event) => event.type)).toEqual([
      'token-requested',
      'token-request-failed',
      'token-request-blocked',
    ])
    expect(events[2]).toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', retryAt: clock.now() + MINUTE })
  })
})
