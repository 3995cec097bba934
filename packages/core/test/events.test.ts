import { type AuthEvent, apiKey, basic, bearer, createStrategy, type StrategyOptions } from '@auth/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { strategyFor, testServer } from './support/authorization-server.ts'

const ORIGIN = 'https://api.example.com'
const get = (url = `${ORIGIN}/parcels?key=secret`, headers: Record<string, string> = {}) => ({
  url,
  method: 'GET',
  headers,
})

function strategyOf(own: Partial<StrategyOptions> = {}) {
  const events: AuthEvent[] = []
  const strategy = createStrategy({
    id: 'acme',
    origins: [ORIGIN],
    layers: [apiKey('x-key', 'key'), basic({ username: 'user', password: 'password' })],
    onEvent: (event) => void events.push(event),
    ...own,
  })
  return { ...strategy, events }
}

describe('why nothing was attached', () => {
  test('is told where the caller has set the header', () => {
    const { authorize, events } = strategyOf()
    expect(authorize(get(undefined, { authorization: 'Bearer old-interceptor' }))).toEqual({
      headers: { 'x-key': 'key' },
    })
    expect(events).toMatchObject([
      {
        type: 'caller-header-used',
        id: 'acme',
        header: 'authorization',
        omitted: false,
        method: 'GET',
        path: '/parcels',
      },
    ])
    expect(JSON.stringify(events)).not.toMatch(/secret|old-interceptor/)
  })

  test('is told where the caller has left it off', () => {
    const { authorize, events } = strategyOf()
    authorize(get(undefined, { authorization: '' }))
    expect(events).toMatchObject([{ type: 'caller-header-used', header: 'authorization', omitted: true }])
  })

  test('is the reason of a rejection then, and not a credential that is missing', async () => {
    const { recover, events } = strategyOf()
    await recover({ ...get(), headers: { 'x-key': 'key' } }, { status: 401 })
    expect(events).toMatchObject([
      { type: 'challenged', method: 'GET', path: '/parcels', reason: "the caller's own authorization header was used" },
    ])
  })
})

describe('strict', () => {
  test('refuses what would go out bare, and names host, option and strategy', () => {
    const { authorize, events } = strategyOf({ strict: true })
    expect(() => authorize(get('https://api.example.org/x'))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option: 'origins', strategy: 'acme' }),
    )
    expect(() => authorize(get(undefined, { 'x-key': '' }))).toThrow(/^headers\.x-key: was left off/)
    expect(events.map(({ type }) => type)).toEqual(['origin-untrusted', 'caller-header-used'])
  })

  test('lets pass what carries a credential of the caller, and public routes', () => {
    const { authorize } = strategyOf({ strict: true, routes: [{ paths: ['/public'], layers: [] }] })
    expect(authorize(get(undefined, { 'x-key': 'own' }))).toHaveProperty('headers.authorization')
    expect(authorize(get(`${ORIGIN}/public`))).toEqual({})
  })
})

test('an error names the strategy, be it waited for or not', async () => {
  const server = await testServer()
  server.fault = (_, response) => void response.writeHead(401).end()
  const strategy = strategyFor(server, {}, { id: 'acme' })
  const request = { url: server.origin, method: 'GET', headers: {} }
  for (let i = 0; i < 2; i++) {
    await expect(async () => strategy.authorize(request)).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      strategy: 'acme',
      host: new URL(server.origin).host,
      message: expect.stringContaining(new URL(server.origin).host),
    })
  }
})

test('the events of a token request name its endpoint, and the call that it began with, without its query', async () => {
  const server = await testServer()
  const events: AuthEvent[] = []
  const strategy = strategyFor(server, { onEvent: (event) => events.push(event) }, { id: 'acme' })
  const { host } = new URL(server.origin)
  const about = { host, method: 'POST', path: '/labels/7' }
  const request = { url: `${server.origin}/labels/7?key=secret`, method: 'POST', headers: {} }
  await strategy.authorize(request)
  await strategy.authorize(request)
  expect(events).toMatchObject([
    { type: 'token-requested', ...about },
    { type: 'token-issued', ...about },
  ])
  await strategy.reset()
  server.fault = (_, response) => void response.writeHead(429).end()
  const failure = { code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', host, strategy: 'acme' }
  for (let i = 0; i < 2; i++) await expect(strategy.authorize(request)).rejects.toMatchObject(failure)
  expect(events.slice(3)).toMatchObject([
    { type: 'token-requested', ...about },
    { type: 'token-request-failed', ...about, message: `the token endpoint throttles its callers (429): ${host}` },
    { type: 'token-request-blocked', ...about },
  ])
})

describe('AUTH_DEBUG', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  test('prints every event in a line, without a listener and without secrets', async () => {
    vi.stubEnv('AUTH_DEBUG', '1')
    const lines: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line))
    const server = await testServer()
    const strategy = strategyFor(server, {}, { id: 'acme\nforged' })
    await strategy.authorize({ url: `${server.origin}/x?secret=1`, method: 'GET', headers: {} })
    await strategy.authorize({ url: 'https://elsewhere.example/x', method: 'GET\n[auth] forged', headers: {} })
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(
      /^\[auth\] \d{4}-.*Z oauth2 token-requested reason="cold" attempt=1 host="[^"]+" method="GET" path="\/x"$/,
    )
    expect(lines[2]).toMatch(/ origin-untrusted origin="https:\/\/elsewhere.example"/)
    expect(lines.join('')).not.toMatch(/[\n\r]|token-1|secret/)
  })

  test.each(['', '0', 'false'])('is off when it is %j', async (value) => {
    vi.stubEnv('AUTH_DEBUG', value)
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    createStrategy({ origins: [ORIGIN], layers: [bearer({ token: () => expect.unreachable() })] }).authorize(
      get('https://elsewhere.example/x'),
    )
    expect(print).not.toHaveBeenCalled()
  })
})
