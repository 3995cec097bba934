import { createSecureServer } from 'node:http2'
import { Agent } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { apiKey, bearer, ConfigurationError, clientCertificate, createStrategy, type Layer, queryKey } from '@auth/core'
import { testTokens, tlsServers } from '@auth/testing'
import got, { type ExtendOptions, type Got, type RequestError } from 'got'
import oldest from 'got-oldest'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { authHooks, withAuth } from '../src/index.ts'

const servers = tlsServers()

const client = () => got.extend({ https: { certificateAuthority: servers.authority.certificate }, retry: { limit: 0 } })
const strategy = (...layers: Layer[]) => createStrategy({ origins: [servers.api.origin], layers })
const caught = (promise: Promise<unknown>): Promise<RequestError> =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error) => error,
  )

interface Pool {
  readonly sessions: Map<string, unknown> | Record<string, unknown>
}

/** Where got keeps its connections by HTTP/2, which its exports do not lead to. */
const newestPool = async (): Promise<Pool> =>
  (await import(/* @vite-ignore */ new URL('./core/utils/http2-client.js', import.meta.resolve('got')).href))
    .globalAgent
const oldestPool = async (): Promise<Pool> =>
  createRequire(import.meta.resolve('got-oldest'))('http2-wrapper').globalAgent

/** Tokens of which the first is refused. */
function refusingFirst() {
  const tokens = testTokens()
  tokens.next = 'second-token-0002'
  servers.api.onRequest(({ headers }) =>
    headers.authorization === 'Bearer second-token-0002' ? { body: 'welcome' } : { status: 401, body: 'refused' },
  )
  return tokens
}

describe('withAuth', () => {
  test('refuses what is not a got instance or not a strategy, naming the option', () => {
    expect(() => withAuth({} as never, strategy(apiKey('x-api-key', 'key')))).toThrow(/^client: /)
    expect(() => withAuth(undefined as never, strategy(apiKey('x-api-key', 'key')))).toThrow(ConfigurationError)
    expect(() => withAuth(got, {} as never)).toThrow(/^strategy: /)
    expect(() => authHooks({} as never)).toThrow(/^strategy: /)
  })

  test('shows a layer that prints the request nothing but the request', async () => {
    let printed = ''
    const layer: Layer = {
      scheme: 'printing',
      authorize(request) {
        printed = inspect(request, { depth: 10, showHidden: true })
        return {}
      },
    }
    await withAuth(client(), strategy(layer))(servers.api.origin, { https: { passphrase: 'of the caller' } })
    expect(printed).toContain(servers.api.origin)
    expect(printed).not.toContain('of the caller')
  })

  test('leaves the given instance as it is', async () => {
    const plain = client()
    withAuth(plain, strategy(apiKey('x-api-key', 'key')))
    await plain(servers.api.origin)
    expect(servers.api.received[0]?.headers).not.toHaveProperty('x-api-key')
  })

  test('is what extending by authHooks is, before or after other options', async () => {
    const hooks = authHooks(strategy(apiKey('x-api-key', 'key')))
    await client().extend(hooks, { headers: { 'x-mine': 'mine' } })(servers.api.origin)
    await got.extend(hooks).extend(client())(servers.api.origin)
    for (const { headers } of servers.api.received) expect(headers['x-api-key']).toBe('key')
    expect(servers.api.received).toHaveLength(2)
  })

  test('lets two strategies on one instance serve their own origins, and attach to one', async () => {
    const other = createStrategy({
      origins: [servers.elsewhere.origin, servers.api.origin],
      layers: [apiKey('x-other', 'other')],
    })
    const both = withAuth(withAuth(client(), strategy(apiKey('x-api-key', 'key'))), other)
    await both(servers.api.origin)
    await both(servers.elsewhere.origin)
    expect(servers.api.received[0]?.headers).toMatchObject({ 'x-api-key': 'key', 'x-other': 'other' })
    expect(servers.elsewhere.received[0]?.headers).toMatchObject({ 'x-other': 'other' })
    expect(servers.elsewhere.received[0]?.headers).not.toHaveProperty('x-api-key')
  })

  test('judges the URL that a hook of the user has made of it', async () => {
    const authenticated = withAuth(client(), strategy(apiKey('x-api-key', 'key'), queryKey('key', 'query-key')))
    await authenticated(servers.api.origin, {
      hooks: {
        beforeRequest: [
          (options) => {
            options.url = new URL(servers.elsewhere.origin)
          },
        ],
      },
    })
    expect(servers.elsewhere.received[0]?.path).toBe('/')
    expect(servers.elsewhere.received[0]?.headers).not.toHaveProperty('x-api-key')
  })

  test('goes where it was judged to go, though a hook changes the URL while a token is waited for', async () => {
    const tokens = testTokens()
    const release = tokens.hold()
    let change = (): void => {}
    const authenticated = withAuth(client(), strategy(bearer(tokens), apiKey('x-api-key', 'key'))).extend({
      hooks: {
        beforeRequest: [
          (options) => {
            change = () => {
              options.url = new URL(servers.elsewhere.origin)
            }
            const { url } = options as { url: URL }
            setImmediate(() => {
              url.port = new URL(servers.elsewhere.origin).port
              change()
              release()
            })
          },
        ],
      },
    })
    await authenticated(servers.api.origin)
    expect(servers.elsewhere.received).toEqual([])
    expect(servers.api.received[0]?.headers).toMatchObject({ authorization: `Bearer ${tokens.current}` })
  })

  test('shows the attached headers neither to hooks nor on the response', async () => {
    const seen: unknown[] = []
    const authenticated = withAuth(client(), strategy(apiKey('x-api-key', 'secret-key')))
    const response = await authenticated(servers.api.origin, {
      hooks: { beforeRequest: [(options) => void seen.push({ ...options.headers })] },
    })
    expect(servers.api.received[0]?.headers['x-api-key']).toBe('secret-key')
    expect(inspect([seen, response.request.options], { depth: 10 })).not.toContain('secret-key')
  })

  test("calls the user's own request function with what is attached", async () => {
    const request = vi.fn(() => undefined)
    const authenticated = withAuth(client(), strategy(apiKey('x-api-key', 'key')))
    await authenticated(servers.api.origin, { request })
    expect(request.mock.calls[0]).toMatchObject([expect.any(URL), { headers: { 'x-api-key': 'key' } }, undefined])
    expect(servers.api.received[0]?.headers['x-api-key']).toBe('key')
  })

  test('leaves the user name and password of the caller, and their 401', async () => {
    const tokens = refusingFirst()
    const authenticated = withAuth(client(), strategy(bearer(tokens), apiKey('x-api-key', 'key')))
    const { statusCode } = await authenticated(servers.api.origin, {
      username: 'a',
      password: 'b',
      throwHttpErrors: false,
    })
    expect(statusCode).toBe(401)
    expect(servers.api.received.map(({ headers }) => headers.authorization)).toEqual([`Basic ${btoa('a:b')}`])
    expect(servers.api.received[0]?.headers['x-api-key']).toBe('key')
    expect(tokens.asked).toBe(0)
  })

  test('removes from an error what each of two strategies attached', async () => {
    servers.api.onRequest(() => ({ status: 500 }))
    const one = withAuth(client(), strategy(apiKey('x-one', 'secret-of-one'), queryKey('one', 'secret-of-one')))
    const both = withAuth(one, strategy(apiKey('x-two', 'secret-of-two')))
    const error = await caught(both(servers.api.origin))
    expect(servers.api.received[0]).toMatchObject({
      path: '/?one=secret-of-one',
      headers: { 'x-two': 'secret-of-two' },
    })
    expect(inspect([error, error.request, error.response], { depth: 10 })).not.toContain('secret-of')
  })

  test('authenticates every page, and replays each', async () => {
    const tokens = testTokens()
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    let page = 0
    servers.api.onRequest(({ headers }) => {
      const expected = `Bearer token-of-page-${page}`
      if (headers.authorization === expected) return { body: JSON.stringify([page++]) }
      tokens.next = `token-of-page-${page}`
      return { status: 401 }
    })
    const pages = await authenticated.paginate.all<number>(servers.api.origin, {
      pagination: {
        transform: (response) => JSON.parse(String(response.body)),
        paginate: ({ response }) => (page < 3 ? response.request.options : false) as never,
      },
    })
    expect(pages).toEqual([0, 1, 2])
  })
})

describe('a replay', () => {
  test.each([
    { limit: 0 },
    { limit: 2, calculateDelay: () => 0 },
    { limit: 1, enforceRetryRules: false, calculateDelay: () => 0 },
  ])('happens whatever the retries: %j', async (retry) => {
    const authenticated = withAuth(client(), strategy(bearer(refusingFirst())))
    expect(await authenticated.post(servers.api.origin, { json: { a: 1 }, retry }).text()).toBe('welcome')
    expect(servers.api.received.map(({ body }) => `${body}`)).toEqual(['{"a":1}', '{"a":1}'])
  })

  test("asks the user's own delay for the retries of his own", async () => {
    const tokens = refusingFirst()
    const answers = [401, 503, 503]
    servers.api.onRequest(() => ({ status: answers[servers.api.received.length - 1] ?? 200 }))
    const calculateDelay = vi.fn(({ computedValue }) => Math.min(computedValue, 1))
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    expect((await authenticated(servers.api.origin, { retry: { limit: 2, calculateDelay } })).statusCode).toBe(200)
    expect(calculateDelay).toHaveBeenCalledTimes(2)
  })

  test('runs the afterResponse hooks that were added later once, on the answer that counts', async () => {
    const statuses: number[] = []
    const authenticated = withAuth(client(), strategy(bearer(refusingFirst()))).extend({
      hooks: {
        afterResponse: [
          (response) => {
            statuses.push(response.statusCode)
            return response
          },
        ],
      },
    })
    await authenticated(servers.api.origin)
    expect(statuses).toEqual([200])
  })

  test('ends when a token is refused for good, whatever hooks ask for', async () => {
    const tokens = refusingFirst()
    servers.api.onRequest(() => ({ status: 401 }))
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    const { statusCode } = await authenticated(servers.api.origin, { throwHttpErrors: false })
    expect(statusCode).toBe(401)
    expect(servers.api.received).toHaveLength(2)
  })

  test('gives up waiting for another token when the timeout has passed, and leaves the 401', async () => {
    const tokens = refusingFirst()
    servers.api.onRequest(() => {
      tokens.hold()
      return { status: 401, body: 'refused' }
    })
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    const response = await authenticated(servers.api.origin, { timeout: { request: 200 }, throwHttpErrors: false })
    expect([response.statusCode, response.body]).toEqual([401, 'refused'])
  })

  test('does not happen for streams, the next of which has another token', async () => {
    const tokens = refusingFirst()
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    expect((await caught(authenticated.stream(servers.api.origin).toArray())).response?.statusCode).toBe(401)
    expect(Buffer.concat(await authenticated.stream(servers.api.origin).toArray()).toString()).toBe('welcome')
    expect(tokens.refused).toEqual(['first-token-0001'])
  })

  test('does not happen for streams, which are authenticated', async () => {
    const authenticated = withAuth(client(), strategy(bearer(refusingFirst())))
    const error = await caught(authenticated.stream(servers.api.origin).toArray())
    expect(error.response?.statusCode).toBe(401)
    expect(inspect(error, { depth: 10 })).not.toContain('first-token')
    expect(servers.api.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer first-token-0001'])
  })
})

describe('a failure to get a token', () => {
  test.each(['ECONNREFUSED', 'ETIMEDOUT'])('with the code %s is not retried by got', async (code) => {
    const tokens = testTokens()
    tokens.failure = Object.assign(new Error('the vault is down'), { code })
    const authenticated = withAuth(client(), strategy(bearer(tokens)))
    const error = await caught(authenticated(servers.api.origin, { retry: { limit: 2, backoffLimit: 1, noise: 0 } }))
    expect(error.message).toBe('the vault is down')
    expect((error.cause as Error).cause).toBe(tokens.failure)
    expect(tokens.asked).toBe(1)
  })
})

describe('a cache of got', () => {
  test('does not hand the answer to one token to the bearer of another', async () => {
    servers.api.onRequest(({ headers }) => ({
      headers: { 'cache-control': 'max-age=100' },
      body: headers.authorization ?? '',
    }))
    const cache = new Map()
    const [one, two] = ['one', 'two'].map((token) =>
      withAuth(client().extend({ cache }), strategy(bearer(testTokens(`token-of-${token}`)))),
    )
    expect(await one?.(servers.api.origin).text()).toBe('Bearer token-of-one')
    expect(await two?.(servers.api.origin).text()).toBe('Bearer token-of-two')
  })

  test('is used for what may be shared, by the authenticated, too', async () => {
    servers.api.onRequest(() => ({ headers: { 'cache-control': 'public, max-age=100' }, body: 'for all' }))
    const authenticated = withAuth(client().extend({ cache: new Map() }), strategy(bearer(testTokens())))
    expect(await authenticated(servers.api.origin).text()).toBe('for all')
    expect(await authenticated(servers.api.origin).text()).toBe('for all')
    expect(servers.api.received).toHaveLength(1)
  })
})

describe('a client certificate', () => {
  const pinned = (): Error => new Error('pinned by TLSv1.2')
  const identity = async (name: string) => ({
    ...(await servers.authority.issueClient({ commonName: name })),
    ca: servers.authority.certificate,
  })

  test.each<[string, ExtendOptions]>([
    ['by HTTP/1', {}],
    ['by HTTP/2, or what the server has', { http2: true }],
    ['over an agent of the user', { agent: { https: new Agent({ keepAlive: true }) } }],
  ])('is presented %s, and on no redirect to another origin', async (_, options) => {
    const own = strategy(clientCertificate(await identity('ours')), apiKey('x-api-key', 'key'), queryKey('key', 'q'))
    const authenticated = withAuth(
      got.extend({ ...options, https: { certificateAuthority: servers.authority.certificate } }),
      own,
    )
    servers.api.onRequest(() => ({ status: 302, headers: { location: servers.elsewhere.origin } }))
    await authenticated(servers.api.origin)
    await authenticated(servers.api.origin)
    expect(
      servers.api.received.map(({ certificate, path, headers }) => [certificate, path, headers['x-api-key']]),
    ).toEqual([
      ['ours', '/?key=q', 'key'],
      ['ours', '/?key=q', 'key'],
    ])
    expect(servers.elsewhere.received.map(({ certificate }) => certificate)).toEqual([undefined, undefined])
  })

  test.each<[string, ExtendOptions]>([
    ['by HTTP/2, or what the server has', { http2: true }],
    ['over an agent of the user', { agent: { https: new Agent() } }],
  ])('brings its trust anchor along %s', async (_, options) => {
    const authenticated = withAuth(got.extend(options) as Got, strategy(clientCertificate(await identity('ours'))))
    await authenticated(servers.api.origin)
    expect(servers.api.received[0]?.certificate).toBe('ours')
  })

  test.each<[string, ExtendOptions]>([
    ['its pools', {}],
    ['the pools of HTTP/2', { http2: true }],
  ])("is no part of the names of an agent's connections: %s", async (_, options) => {
    const ours = await identity('ours')
    const agent = new Agent({ keepAlive: true })
    const authenticated = withAuth(
      got.extend({ ...options, agent: { https: agent } }),
      strategy(clientCertificate(ours)),
    )
    await authenticated(servers.api.origin)
    expect(servers.api.received[0]?.certificate).toBe('ours')
    const sessions = (agent as unknown as { _sessionCache: { list: string[] } })._sessionCache.list
    const names = [...Object.keys({ ...agent.sockets, ...agent.freeSockets }), ...sessions].join()
    expect(names).not.toContain('PRIVATE KEY')
    agent.destroy()
  })

  test('keeps the connections of two identities apart, over one agent of the user', async () => {
    const agent = new Agent({ keepAlive: true })
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) =>
        withAuth(got.extend({ agent: { https: agent } }), strategy(clientCertificate(await identity(name)))),
      ),
    )
    for (const send of [one, two, one, two]) await send?.(servers.api.origin)
    await got(servers.api.origin, { agent: { https: agent }, https: { rejectUnauthorized: false } })
    expect(servers.api.received.map(({ certificate }) => certificate)).toEqual(['one', 'two', 'one', 'two', undefined])
    agent.destroy()
  })

  test.each<[string, () => ExtendOptions]>([
    ['an agent', () => ({ agent: { https: new Agent({ checkServerIdentity: pinned, maxVersion: 'TLSv1.2' }) } })],
    ['got', () => ({ https: { checkServerIdentity: pinned, maxVersion: 'TLSv1.2' } })],
  ])('leaves what the user has set for TLS on %s in force', async (_, options) => {
    const authenticated = withAuth(
      got.extend({ ...options(), retry: { limit: 0 } }) as Got,
      strategy(clientCertificate(await identity('ours'))),
    )
    expect((await caught(authenticated(servers.api.origin))).message).toBe('pinned by TLSv1.2')
    expect(servers.api.received).toEqual([])
  })

  test('says no to an agent with a secureContext', async () => {
    const agent = { https: new Agent({ secureContext: createSecureContext() } as object) }
    const authenticated = withAuth(got.extend({ agent }) as Got, strategy(clientCertificate(await identity('ours'))))
    const error = await caught(authenticated(servers.api.origin))
    expect(error.cause).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'agent.https' })
  })

  test("of the user's own is presented instead", async () => {
    const { cert, key } = await servers.authority.issueClient({ commonName: 'mine' })
    const authenticated = withAuth(client(), strategy(clientCertificate(await identity('ours'))))
    await authenticated(servers.api.origin, { https: { certificate: cert, key } })
    await authenticated(servers.api.origin, { agent: { https: new Agent({ cert, key }) } })
    expect(servers.api.received.map(({ certificate }) => certificate)).toEqual(['mine', 'mine'])
  })

  test('is shown by no part of an error, nor is its key', async () => {
    const ours = await servers.authority.issueClient({ commonName: 'ours' })
    servers.api.onRequest(() => ({ status: 500 }))
    const authenticated = withAuth(client(), strategy(clientCertificate(ours)))
    const error = await caught(authenticated(servers.api.origin, { agent: { https: new Agent() } }))
    expect(servers.api.received[0]?.certificate).toBe('ours')
    const secret = ours.key.split('\n')[1] as string
    expect(inspect(error, { depth: 10, maxStringLength: null })).not.toContain(secret)
  })

  test("leaves the user's own trust anchors, though it brings none", async () => {
    const ours = await servers.authority.issueClient({ commonName: 'ours' })
    await withAuth(client(), strategy(clientCertificate(ours)))(servers.api.origin)
    expect(servers.api.received[0]?.certificate).toBe('ours')
  })

  test.each([
    ['got', got, newestPool],
    ['the oldest got', oldest, oldestPool],
  ] as const)(
    'is no part of the names of the sessions that %s keeps by HTTP/2, which it keeps apart',
    async (_, client, pool) => {
      const server = createSecureServer(
        { ...(await servers.authority.issueServer()), ca: servers.authority.certificate, requestCert: true },
        (request, response) => response.end((request.socket as TLSSocket).getPeerX509Certificate()?.subject ?? ''),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      const identities = [await identity('one'), await identity('two')]
      const [one, two] = identities.map((ours) =>
        withAuth(client as unknown as Got, createStrategy({ origins: [origin], layers: [clientCertificate(ours)] })),
      )
      const { sessions } = await pool()
      const names = (): string[] => (sessions instanceof Map ? [...sessions.keys()] : Object.keys(sessions))
      const before = names().length
      const subjects: string[] = []
      for (const send of [one, two, one, two]) subjects.push((await send?.(origin, { http2: true }))?.body as string)
      expect(subjects).toEqual(['CN=one', 'CN=two', 'CN=one', 'CN=two'])
      expect(names().length).toBeGreaterThan(before + 1)
      for (const { key } of identities) {
        const shown = [...names(), inspect(sessions, { depth: 10, showHidden: true, maxStringLength: null })].join()
        expect(shown).not.toContain('PRIVATE KEY')
        expect(shown).not.toContain(key.split('\n')[1])
      }
    },
  )

  test('is shown by no response by HTTP/2, nor is its key', async () => {
    const ours = await servers.authority.issueClient({ commonName: 'ours' })
    const identity = await servers.authority.issueServer()
    const tls = { ...identity, ca: servers.authority.certificate, requestCert: true }
    const server = createSecureServer(tls, (_, response) => response.end('welcome'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const authenticated = withAuth(client(), createStrategy({ origins: [origin], layers: [clientCertificate(ours)] }))
    const response = await authenticated(origin, { http2: true })
    expect(response.body).toBe('welcome')
    // It is the key of a map that is shown.
    const secret = ours.key.split('\n')[1] as string
    for (const shown of [response, response.request]) {
      expect(inspect(shown, { depth: 10, maxStringLength: null })).not.toContain(secret)
    }
  })
})
