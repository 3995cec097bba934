import http, { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { apiKey, ConfigurationError, createStrategy, type Layer, queryKey } from '@auth/core'
import { expectClean } from '@auth/testing'
import newest, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosHeaders,
  type AxiosInstance,
  type AxiosResponse,
  type AxiosStatic,
  type InternalAxiosRequestConfig,
} from 'axios'
import axios0 from 'axios-0'
import oldest from 'axios-oldest'
import FormDataPackage from 'form-data'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { withAuth } from '../src/index.ts'
import { accepting, type Loopback, loopback, ok, redirecting } from './loopback.ts'
import { countingBearer, strategyFor } from './strategies.ts'

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error) => error,
  )
/** What an adapter of the user answers with. */
const answered = (config: InternalAxiosRequestConfig, part: Partial<AxiosResponse> = {}): AxiosResponse => ({
  data: '',
  status: 200,
  statusText: 'OK',
  headers: {},
  config,
  ...part,
})
const shown = (error: unknown): string => `${inspect(error, { depth: 10 })} ${String(error)}`

// The types of the oldest are another release's.
describe.each<[string, AxiosStatic]>([
  ['axios', newest],
  // Another copy, with error classes of its own.
  ['axios by require', createRequire(import.meta.url)('axios') as AxiosStatic],
  ['the oldest axios', oldest as unknown as AxiosStatic],
])('%s', (_name, axios) => {
  describe('withAuth', () => {
    test('installs on the given instance and returns it', async () => {
      const server = await loopback(ok)
      const instance = axios.create({ baseURL: server.origin })
      expect(withAuth(instance, strategyFor(server.origin, apiKey('x-api-key', 'secret-key')))).toBe(instance)
      const response = await instance.get('/a', { params: { b: 1 } })
      expect(response.data).toEqual({ path: '/a?b=1' })
      expect(server.arrivals[0]?.headers['x-api-key']).toBe('secret-key')
    })

    test('leaves errors of the class of that copy of axios', async () => {
      const server = await loopback((_, response) => response.writeHead(500).end())
      const strategy = strategyFor(server.origin, apiKey('x-api-key', 'secret-key'))
      expect(await caught(withAuth(axios.create(), strategy).get(server.origin))).toBeInstanceOf(axios.AxiosError)
    })

    test('refuses what is not an axios instance or not a strategy, naming the option', () => {
      const strategy = strategyFor('https://api.example.com', apiKey('x-api-key', 'secret-key'))
      expect(() => withAuth({} as never, strategy)).toThrow(/^instance: /)
      expect(() => withAuth(undefined as never, strategy)).toThrow(ConfigurationError)
      expect(() => withAuth(axios.create(), {} as never)).toThrow(/^strategy: /)
    })

    test('refuses a strategy for each request, which would add interceptors for good', () => {
      const instance = axios.create()
      const add = () => withAuth(instance, strategyFor('https://api.example.com', apiKey('x-api-key', 'secret-key')))
      for (let i = 0; i < 100; i++) add()
      expect(add).toThrow(/^strategy: must be made once/)
    })

    test('changes nothing when called twice with the same strategy', async () => {
      const server = await loopback(accepting('Bearer never'))
      const strategy = strategyFor(server.origin, countingBearer())
      const instance = withAuth(withAuth(axios.create({ baseURL: server.origin }), strategy), strategy)
      expect(await caught(instance.get('/'))).toMatchObject({ response: { status: 401 } })
      expect(server.arrivals).toHaveLength(2)
    })

    test('lets two strategies on one instance serve their own origins', async () => {
      const [one, two] = [await loopback(ok), await loopback(ok)]
      const instance = axios.create()
      withAuth(instance, strategyFor(one.origin, apiKey('x-api-key', 'key-of-one')))
      withAuth(instance, strategyFor(two.origin, apiKey('x-api-key', 'key-of-two')))
      await instance.get(`${one.origin}/`)
      await instance.get(`${two.origin}/`)
      expect([one, two].map((server) => server.arrivals[0]?.headers['x-api-key'])).toEqual(['key-of-one', 'key-of-two'])
    })

    test('removes what each of two strategies on one origin attached', async () => {
      const server = await loopback((_, response) => response.writeHead(500).end('{'))
      const instance = axios.create({ baseURL: server.origin, validateStatus: () => true, responseType: 'json' })
      instance.defaults.transitional = { silentJSONParsing: false }
      withAuth(instance, strategyFor(server.origin, apiKey('x-one', 'secret-of-one')))
      withAuth(instance, strategyFor(server.origin, apiKey('x-two', 'secret-of-two')))
      const error = await caught(instance.get('/'))
      expect(server.arrivals[0]?.headers).toMatchObject({ 'x-one': 'secret-of-one', 'x-two': 'secret-of-two' })
      expect(error.name).toBe('SyntaxError')
      expect(shown(error)).not.toContain('secret-of')
    })
  })

  describe('a replay', () => {
    test('runs the interceptors of the user once a call, whether registered before or after', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = axios.create({ baseURL: server.origin })
      const ran: string[] = []
      const count = (name: string): void => {
        instance.interceptors.request.use((config) => {
          ran.push(`${name} request`)
          return config
        })
        instance.interceptors.response.use((response) => {
          ran.push(`${name} response`)
          return response
        })
      }
      count('before')
      withAuth(instance, strategyFor(server.origin, countingBearer()))
      count('after')
      instance.interceptors.response.use((response) => response.data)
      expect(await instance.get('/')).toEqual({ path: '/' })
      expect(server.arrivals).toHaveLength(2)
      expect(ran.sort()).toEqual(['after request', 'after response', 'before request', 'before response'])
    })

    test.each([
      ['() => true', () => true],
      ['null', null],
    ])('happens when validateStatus is %s', async (_, validateStatus) => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = withAuth(axios.create({ validateStatus }), strategyFor(server.origin, countingBearer()))
      expect((await instance.get(server.origin)).status).toBe(200)
    })

    test('is seen by neither an unwrapping interceptor registered before nor by validateStatus', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = axios.create({ validateStatus: () => true })
      instance.interceptors.response.use((response) => response.data)
      withAuth(instance, strategyFor(server.origin, countingBearer()))
      expect(await instance.get(`${server.origin}/x`)).toEqual({ path: '/x' })
    })

    test('runs a custom transformRequest once, and sends its bytes again with the same headers', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const transform = vi.fn((data: unknown, headers: AxiosHeaders) => {
        headers.set('content-type', 'text/plain')
        return `${JSON.stringify(data)} #${transform.mock.calls.length}`
      })
      const instance = withAuth(
        axios.create({ transformRequest: [transform] }),
        strategyFor(server.origin, countingBearer()),
      )
      await instance.post(server.origin, { a: 'ü' })
      expect(transform).toHaveBeenCalledTimes(1)
      const [first, second] = server.arrivals
      expect(second?.body).toBe(first?.body)
      expect(second?.headers).toEqual({ ...first?.headers, authorization: 'Bearer secret-token-2' })
    })

    test.each<[string, () => unknown]>([
      ['an object', () => ({ a: [1, 'ü'] })],
      ['a string', () => 'text'],
      ['URLSearchParams', () => new URLSearchParams({ a: 'b c' })],
      ['a Buffer', () => Buffer.from([0, 255, 10])],
      ['an ArrayBuffer', () => new Uint8Array([1, 2, 3]).buffer],
      ['a Blob', () => new Blob(['blob'], { type: 'text/x' })],
    ])('sends %s again byte for byte', async (_, body) => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = withAuth(axios.create(), strategyFor(server.origin, countingBearer()))
      await instance.post(server.origin, body())
      const [first, second] = server.arrivals
      expect(first?.body).not.toBe('')
      expect(second?.body).toBe(first?.body)
      expect(second?.headers).toEqual({ ...first?.headers, authorization: 'Bearer secret-token-2' })
    })

    test.each<[string, () => unknown]>([
      ['a stream', () => Readable.from(['a', 'b'])],
      [
        'a form of the form-data package',
        () => {
          const form = new FormDataPackage()
          form.append('a', 'b')
          return form
        },
      ],
    ])('does not happen for %s, which is used up', async (_, body) => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = withAuth(axios.create(), strategyFor(server.origin, countingBearer()))
      expect((await caught(instance.post(server.origin, body()))).response?.status).toBe(401)
      expect(server.arrivals).toHaveLength(1)
      expect(server.arrivals[0]?.body).not.toBe('')
    })

    test('lets go of a refused download stream, and hands over the accepted one', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = withAuth(axios.create(), strategyFor(server.origin, countingBearer()))
      const { data } = await instance.get<Readable>(`${server.origin}/s`, { responseType: 'stream' })
      expect((await data.toArray()).join('')).toBe('{"path":"/s"}')
    })

    test('lets go of the connection of a refused download of limited length', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const httpAgent = new Agent({ keepAlive: true })
      const instance = withAuth(axios.create({ httpAgent }), strategyFor(server.origin, countingBearer()))
      const options = { responseType: 'stream', maxContentLength: 1e6 } as const
      const { data } = await instance.get<Readable>(`${server.origin}/s`, options)
      expect((await data.toArray()).join('')).toBe('{"path":"/s"}')
      await vi.waitFor(() => expect(Object.values(httpAgent.sockets)).toEqual([]))
    })

    test('happens once for a configuration that was given up before, and is sent again', async () => {
      const server = await loopback((_, response) => response.writeHead(401).end())
      const layer: Layer = {
        scheme: 'signature',
        authorize: () => ({ headers: { 'x-signed': 'secret' } }),
        recover: () => true,
      }
      const instance = withAuth(axios.create(), strategyFor(server.origin, layer))
      withAuth(instance, strategyFor('https://a.example', apiKey('x-api-key', 'secret-key')))
      const given = await caught(instance.get(server.origin, { signal: AbortSignal.abort() }))
      const { signal: _, ...config } = given.config as InternalAxiosRequestConfig
      expect((await caught(instance.request(config))).response?.status).toBe(401)
      expect(server.arrivals).toHaveLength(2)
    })

    test('leaves the refusal readable when no other credential is to be had', async () => {
      const server = await loopback(accepting('Bearer never'))
      const layer = countingBearer()
      let asked = 0
      const { authorize } = layer
      layer.authorize = (request) => {
        if (++asked > 1) throw new Error('locked out')
        return authorize(request)
      }
      const instance = withAuth(axios.create(), strategyFor(server.origin, layer))
      const error = await caught(instance.get(server.origin, { responseType: 'stream' }))
      expect(error.response?.status).toBe(401)
      expect((await Readable.from(error.response?.data as Readable).toArray()).join('')).toBe('{"refused":true}')
    })
  })

  describe('the caller', () => {
    test.each<[string, object, string | undefined]>([
      ['a header of his own', { headers: { AUTHORIZATION: 'Mine' } }, 'Mine'],
      ['`Authorization: false`', { headers: { Authorization: false } }, undefined],
      ['the `auth` option', { auth: { username: 'a', password: 'b' } }, `Basic ${btoa('a:b')}`],
    ])('keeps %s, and its 401', async (_, config, expected) => {
      const server = await loopback((_, response) => response.writeHead(401).end())
      const bearer = countingBearer()
      const instance = withAuth(axios.create(), strategyFor(server.origin, bearer, apiKey('x-api-key', 'secret-key')))
      await caught(instance.get(server.origin, config))
      expect(server.arrivals.map(({ headers }) => headers.authorization)).toEqual([expected])
      expect(server.arrivals[0]?.headers['x-api-key']).toBe('secret-key')
      expect(bearer.issued).toBe(1)
    })

    test('has a header of his own replaced by a layer that sets it, whatever the case', async () => {
      const adapter = async (config: InternalAxiosRequestConfig) => {
        return answered(config, { data: { ...config.headers } })
      }
      const layer: Layer = { scheme: 'named', authorize: () => ({ headers: { 'USER-agent': 'ours' } }) }
      const instance = withAuth(axios.create({ adapter }), strategyFor('https://a.example', layer))
      const { data } = await instance.get('https://a.example', { headers: { 'user-Agent': 'mine' } })
      expect(Object.entries(data).filter(([name]) => /user-agent/i.test(name))).toEqual([['user-Agent', 'ours']])
    })

    test('keeps the user information of a URL', async () => {
      const server = await loopback(ok)
      const instance = withAuth(axios.create(), strategyFor(server.origin, countingBearer()))
      await instance.get(server.origin.replace('//', '//a:b@'))
      expect(server.arrivals[0]?.headers.authorization).toBe(`Basic ${btoa('a:b')}`)
    })

    test('who aborts while the token is awaited is rejected at once, as by axios', async () => {
      const instance = withAuth(
        axios.create(),
        strategyFor(
          'https://127.0.0.1:1',
          countingBearer(() => new Promise(() => {})),
        ),
      )
      const controller = new AbortController()
      const pending = caught(instance.get('https://127.0.0.1:1', { signal: controller.signal }))
      setImmediate(() => controller.abort())
      expect(axios.isCancel(await pending)).toBe(true)

      const source = axios.CancelToken.source()
      const cancelled = caught(instance.get('https://127.0.0.1:1', { cancelToken: source.token }))
      setImmediate(() => source.cancel('enough'))
      expect(await cancelled).toMatchObject({ message: 'enough', code: 'ERR_CANCELED' })
    })

    test('who aborts while the token is awaited leaves no timer behind, which would hold a finished process', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => {
        vi.useRealTimers()
      })
      const strategy = strategyFor(
        'https://127.0.0.1:1',
        countingBearer(() => new Promise(() => {})),
      )
      const instance = withAuth(axios.create({ timeout: 60_000 }), strategy)
      const controller = new AbortController()
      const pending = caught(instance.get('https://127.0.0.1:1', { signal: controller.signal }))
      await vi.waitUntil(() => vi.getTimerCount() === 1)
      controller.abort()
      expect(axios.isCancel(await pending)).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    })

    test('whose timeout runs out while the token is awaited gets the timeout error of axios', async () => {
      const instance = withAuth(
        axios.create({ timeout: 20 }),
        strategyFor(
          'https://127.0.0.1:1',
          countingBearer(() => new Promise(() => {})),
        ),
      )
      const error = await caught(instance.get('https://127.0.0.1:1/x'))
      expect(error).toBeInstanceOf(axios.AxiosError)
      expect(error).toMatchObject({
        code: 'ECONNABORTED',
        message: 'timeout of 20ms exceeded',
        config: { timeout: 20 },
      })
      const clarified = { transitional: { clarifyTimeoutError: true }, timeoutErrorMessage: 'too late' }
      expect(await caught(instance.get('https://127.0.0.1:1/x', clarified))).toMatchObject({
        code: 'ETIMEDOUT',
        message: 'too late',
      })
    })

    test("waits for a promise of another kind than this realm's", async () => {
      const server = await loopback(ok)
      const strategy = strategyFor(server.origin, countingBearer())
      const { Promise: Other } = runInNewContext('({ Promise })') as { Promise: PromiseConstructor }
      const { authorize } = strategy
      const instance = withAuth(axios.create(), {
        ...strategy,
        authorize: (request) => Other.resolve(authorize(request)),
      })
      await instance.get(server.origin)
      expect(server.arrivals[0]?.headers.authorization).toBe('Bearer secret-token-1')
    })

    test('sees the AuthError when no token can be had', async () => {
      const failing = {
        scheme: 'bearer',
        authorize: () => Promise.reject(new ConfigurationError('secret', 'is empty')),
      }
      const instance = withAuth(axios.create(), strategyFor('https://127.0.0.1:1', failing))
      expect(await caught(instance.get('https://127.0.0.1:1'))).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION' })
    })
  })

  describe('trusted origins', () => {
    test.each([301, 302, 303, 307, 308])('keep the credentials from another one, on a %i', async (status) => {
      const other = await loopback(ok)
      const server = await loopback((arrival, response) =>
        redirecting(status, `${other.origin}/x?b=1&key=${new URL(arrival.url, 'http://a').searchParams.get('key')}`)(
          arrival,
          response,
          1,
        ),
      )
      const beforeRedirect = vi.fn()
      const strategy = createStrategy({
        origins: [server.origin, other.origin],
        layers: [countingBearer(), apiKey('x-api-key', 'secret-key'), queryKey('key', 'secret query')],
        allowInsecureLoopback: true,
      })
      const instance = withAuth(axios.create({ beforeRedirect }), strategy)
      await instance.get(server.origin)
      expect(server.arrivals[0]?.url).toBe('/?key=secret%20query')
      expect(other.arrivals[0]?.url).toBe('/x?b=1')
      expect(JSON.stringify(other.arrivals)).not.toContain('secret')
      expect(beforeRedirect).toHaveBeenCalledTimes(1)
    })

    test('carry the credentials along on a redirect within one', async () => {
      const server = await loopback((arrival, response, count) =>
        arrival.url.startsWith('/to')
          ? ok(arrival, response, count)
          : redirecting(307, '/to?a=1')(arrival, response, count),
      )
      const strategy = strategyFor(server.origin, apiKey('x-api-key', 'secret-key'), queryKey('key', 'secret query'))
      const instance = withAuth(axios.create({ baseURL: server.origin, params: { p: 'q' } }), strategy)
      await instance.post('/from', { a: 1 })
      expect(server.arrivals.map(({ url }) => url)).toEqual([
        '/from?p=q&key=secret%20query',
        '/to?a=1&key=secret%20query',
      ])
      expect(server.arrivals[1]).toMatchObject({ body: '{"a":1}', headers: { 'x-api-key': 'secret-key' } })
    })

    test('are not asked to recover from the 401 of another', async () => {
      const other = await loopback((_, response) => response.writeHead(401).end())
      const server = await loopback(redirecting(302, () => other.origin))
      const bearer = countingBearer()
      const instance = withAuth(axios.create(), strategyFor(server.origin, bearer))
      expect((await caught(instance.get(server.origin))).response?.status).toBe(401)
      expect(bearer.issued).toBe(1)
    })

    test('are decided by the final URL', async () => {
      const [server, other] = [await loopback(ok), await loopback(ok)]
      const instance = withAuth(
        axios.create({ baseURL: server.origin }),
        strategyFor(server.origin, apiKey('x-api-key', 'secret-key')),
      )
      await instance.get(`${other.origin}/a`)
      await instance.get('/b', { baseURL: other.origin })
      await instance.get(`//${new URL(other.origin).host}/c`).catch(() => {})
      instance.interceptors.request.use((config) => ({ ...config, url: `${other.origin}/d` }))
      await instance.get('/e')
      expect(other.arrivals.map(({ url }) => url)).toEqual(expect.arrayContaining(['/a', '/b', '/d']))
      for (const { headers } of other.arrivals) expect(headers).not.toHaveProperty('x-api-key')
    })
  })

  describe('errors', () => {
    const layers = () => [countingBearer(), apiKey('x-api-key', 'secret-key'), queryKey('key', 'secret query')]

    test('show nothing of what was attached', async () => {
      const server = await loopback((_, response) => response.writeHead(500).end())
      const instance = withAuth(axios.create({ baseURL: server.origin }), strategyFor(server.origin, ...layers()))
      const parallel = caught(instance.get('/y'))
      const error = await caught(instance.post('/x', { a: 1 }, { params: { mine: 'kept' } }))
      await parallel
      expect(server.arrivals.some(({ url }) => url.includes('key=secret%20query'))).toBe(true)
      expect(`${shown(error)}${JSON.stringify(error)}`).not.toMatch(/secret/)
      expect(shown(error.response)).not.toMatch(/secret/)
      expect(error.config).toMatchObject({
        url: '/x',
        baseURL: server.origin,
        params: { mine: 'kept' },
        data: '{"a":1}',
      })
      expect(shown(error.request._header)).not.toMatch(/secret/)
    })

    test('of the network show nothing either', async () => {
      const server = await loopback((_, response) => response.destroy())
      const instance = withAuth(axios.create(), strategyFor(server.origin, ...layers()))
      const error = await caught(instance.get(server.origin))
      expect(error.code).toBe('ECONNRESET')
      expect(`${shown(error)}${JSON.stringify(error)}`).not.toMatch(/secret/)
      expect(shown(error.request)).not.toMatch(/secret/)
    })

    test("leave the caller's own configuration, and what it leads to, as it is", async () => {
      const server = await loopback((_, response) => response.writeHead(503).end())
      const account = new (class Account {
        readonly key = 'test'
      })()
      const instance = withAuth(axios.create(), strategyFor(server.origin, apiKey('x-tenant', account.key)))
      const own = { params: { mode: 'test' }, account }
      const { config } = await caught(instance.get(`${server.origin}/test/parcels`, own))
      expect(config).toMatchObject({ url: `${server.origin}/test/parcels`, params: { mode: 'test' } })
      expect(account.key).toBe('test')
    })

    test('can be sent again, authenticated afresh', async () => {
      const server = await loopback((arrival, response, count) =>
        count === 1 ? response.writeHead(503).end() : ok(arrival, response, count),
      )
      const instance = withAuth(axios.create({ baseURL: server.origin }), strategyFor(server.origin, ...layers()))
      const error = await caught(instance.post('/x', { a: 1 }))
      const { data } = await instance.request(error.config ?? {})
      expect(data).toEqual({ path: '/x?key=secret%20query' })
      expect(server.arrivals[1]).toEqual(server.arrivals[0])
    })
  })

  describe('a response', () => {
    const layers = () => [countingBearer(), apiKey('x-api-key', 'secret-key'), queryKey('key', 'secret query')]

    test.each(['json', 'stream'] as const)('of %s shows nothing of what was attached', async (responseType) => {
      const server = await loopback((arrival, response, count) =>
        arrival.url.startsWith('/to')
          ? ok(arrival, response, count)
          : redirecting(302, '/to')(arrival, response, count),
      )
      const instance = withAuth(axios.create(), strategyFor(server.origin, ...layers()))
      const response = await instance.get(`${server.origin}/from`, { responseType })
      expect(server.arrivals[1]?.url).toBe('/to?key=secret%20query')
      expect(response.status).toBe(200)
      if (responseType === 'json') response.data = undefined
      expectClean(Object.assign(new Error('logged'), { response }), ['secret'])
      expect(response.request.res.responseUrl).toBe(`${server.origin}/to`)
      expect(response.request.path).toContain('key=')
    })

    test('from an origin that is not trusted stays as it is', async () => {
      const server = await loopback(ok)
      const instance = withAuth(axios.create(), strategyFor('https://a.example', ...layers()))
      const { request } = await instance.get(server.origin)
      expect(inspect(request)).toContain('GET / HTTP/1.1')
    })

    test.each<[string, Agent | undefined]>([
      ['an agent of the user', new Agent({ keepAlive: true })],
      ["Node's own agent", undefined],
    ])('of anyone does not show what %s sends for others', async (_, httpAgent) => {
      const other = await loopback(ok)
      const server = await loopback(() => {})
      const strategy = strategyFor(server.origin, apiKey('x-api-key', 'secret-key'))
      const instance = withAuth(axios.create(httpAgent && { httpAgent }), strategy)
      const controller = new AbortController()
      const pending = caught(instance.get(server.origin, { signal: controller.signal }))
      await vi.waitFor(() => expect(server.arrivals).toHaveLength(1))
      const response = await instance.get(other.origin)
      expectClean(Object.assign(new Error('logged'), { response, request: response.request }), ['secret'])
      controller.abort()
      await pending
    })

    test.each<[string, (url?: string) => object]>([
      ['a Request', (url = '') => new Request(url)],
      ['what has a responseURL', (url) => ({ responseURL: url })],
    ])('of a transport of the user that leads to %s shows no key either', async (_, requestFor) => {
      const adapter = async (config: InternalAxiosRequestConfig) => {
        return answered(config, { request: requestFor(config.url) })
      }
      const strategy = strategyFor('https://a.example', queryKey('key', 'secret-query'))
      const instance = withAuth(axios.create({ adapter }), strategy)
      const response = await instance.get('https://a.example/x')
      expectClean(Object.assign(new Error('logged'), { response, request: response.request }), ['secret'])
    })
  })

  describe('adapters', () => {
    // Its fetch adapter takes no fetch of ours.
    const isOld = _name === 'the oldest axios'

    test.runIf(isOld)('fetch is refused at the call, which says what to do', async () => {
      const server = await loopback(ok)
      const strategy = strategyFor(server.origin, apiKey('x-api-key', 'secret-key'))
      const instance = withAuth(axios.create({ adapter: 'fetch' }), strategy)
      expect(await caught(instance.get(server.origin))).toMatchObject({
        code: 'ERR_AUTH_CONFIGURATION',
        option: 'adapter',
        message: expect.stringContaining('1.12'),
      })
      expect(server.arrivals).toHaveLength(0)
    })

    test.skipIf(isOld).each<[string, unknown]>([
      ['fetch', 'fetch'],
      ['[null, fetch]', [null, 'fetch']],
    ])('%s keeps the credentials on their origin', async (_, adapter) => {
      const other = await loopback(ok)
      const server = await loopback((arrival, response, count) =>
        arrival.url.startsWith('/to')
          ? ok(arrival, response, count)
          : redirecting(302, `${other.origin}/x`)(arrival, response, count),
      )
      const instance = axios.create({ adapter: adapter as 'fetch', baseURL: server.origin })
      withAuth(instance, strategyFor(server.origin, apiKey('x-api-key', 'secret-key')))
      withAuth(instance, strategyFor(server.origin, apiKey('x-other', 'other-secret')))
      withAuth(instance, strategyFor('https://other.example', apiKey('x-api-key', 'other')))
      const response = await instance.get('/to')
      expect(response.config).toMatchObject({ adapter, baseURL: server.origin, url: '/to' })
      expectClean(Object.assign(new Error('logged'), { response, request: response.request }), ['secret'])
      expect(server.arrivals[0]?.headers).toMatchObject({ 'x-api-key': 'secret-key', 'x-other': 'other-secret' })
      expect((await instance.get('/from')).data).toEqual({ path: '/x' })
      expect(other.arrivals[0]?.headers).not.toHaveProperty('x-api-key')
      expect(other.arrivals[0]?.headers).not.toHaveProperty('x-other')
    })

    test.skipIf(isOld)(
      'fetch sends by the fetch of its environment, and leaves what the caller keeps off',
      async () => {
        const server = await loopback(ok)
        const own = vi.fn((input: string | URL | Request, init?: RequestInit) => fetch(input, init))
        const instance = axios.create({ adapter: 'fetch', env: { fetch: own } as object })
        withAuth(instance, strategyFor(server.origin, countingBearer(), apiKey('x-api-key', 'secret-key')))
        await instance.get(server.origin, { headers: { Authorization: false } })
        await instance.get(server.origin, { auth: { username: 'a', password: 'b' } })
        expect(own).toHaveBeenCalledTimes(2)
        expect(server.arrivals.map(({ headers }) => headers.authorization)).toEqual([undefined, `Basic ${btoa('a:b')}`])
        expect(server.arrivals[1]?.headers['x-api-key']).toBe('secret-key')
      },
    )

    test.skipIf(isOld)('fetch sends what postForm makes of an object, and again after a 401', async () => {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const instance = withAuth(axios.create({ adapter: 'fetch' }), strategyFor(server.origin, countingBearer()))
      await instance.postForm(server.origin, { name: 'ä' })
      const [first, second] = server.arrivals
      expect(first?.body).toContain('name="name"')
      expect(second?.body).toBe(first?.body)
      expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
    })

    test('http with a transport of the user is refused at the call, unless it is that of Node', async () => {
      const server = await loopback(ok)
      const instance = withAuth(axios.create(), strategyFor(server.origin, apiKey('x-api-key', 'secret-key')))
      const transport = { request: (...parameters: Parameters<typeof http.request>) => http.request(...parameters) }
      expect(await caught(instance.get(server.origin, { transport }))).toMatchObject({ option: 'transport' })
      expect(server.arrivals).toHaveLength(0)
      expect((await instance.get(server.origin, { transport: http })).status).toBe(200)
    })

    test('of the user that throw at once are no other failure than one that rejects', async () => {
      const transformRequest = [(data: unknown) => data]
      const adapter = (config: InternalAxiosRequestConfig): never => {
        throw new axios.AxiosError('offline', 'ERR_NETWORK', config)
      }
      const instance = withAuth(
        axios.create({ adapter, transformRequest }),
        strategyFor('https://a.example', apiKey('x-api-key', 'secret-key')),
      )
      const error = await caught(instance.get('https://a.example/x'))
      expect(error).toMatchObject({ code: 'ERR_NETWORK', config: { transformRequest } })
      expectClean(error, ['secret'])
    })

    test.each<[string, () => unknown]>([
      ['nothing', () => undefined],
      ['what is frozen', () => Object.freeze(Object.assign(new Error('mine'), { config: {} }))],
      ['a response of null', () => Object.assign(new Error('mine'), { response: null })],
      ['headers of another kind', () => Object.assign(new Error('mine'), { config: { headers: {} } })],
    ])('of the user may reject with %s', async (_, make) => {
      const rejection = make()
      const adapter = () => Promise.reject(rejection)
      const strategy = strategyFor('https://a.example', apiKey('x-api-key', 'secret-key'))
      expect(await caught(withAuth(axios.create({ adapter }), strategy).get('https://a.example'))).toBe(rejection)
    })

    test.each<[string, object]>([
      ['is frozen', Object.freeze({ setHeader() {}, once() {} })],
      ['only looks like one', { setHeader() {}, once: true }],
    ])('of the user may answer with a request that %s', async (_, request) => {
      const adapter = async (config: InternalAxiosRequestConfig) => {
        return answered(config, { data: 'mine', request })
      }
      const strategy = strategyFor('https://a.example', apiKey('x-api-key', 'secret-key'))
      expect((await withAuth(axios.create({ adapter }), strategy).get('https://a.example')).data).toBe('mine')
    })

    test('of the user are given the authenticated request', async () => {
      const adapter = vi.fn(async (config) => answered(config, { data: config.headers.get('x-api-key') }))
      const instance = withAuth(
        axios.create({ adapter }),
        strategyFor('https://a.example', apiKey('x-api-key', 'secret-key')),
      )
      const { data, config } = await instance.get('https://a.example/x')
      expect(data).toBe('secret-key')
      expect(adapter.mock.calls[0]?.[0]).toMatchObject({ url: 'https://a.example/x' })
      expect(config.adapter).toBe(adapter)
      expect(config.headers).toBeInstanceOf(axios.AxiosHeaders)
      expect(config.headers.has('x-api-key')).toBe(false)
    })
  })
})

test.each([
  ['axios itself', axios0, '0.30.0'],
  ['an instance', (axios0 as unknown as AxiosStatic).create(), '0'],
])('%s of axios 0 is refused at once, by version', (_, instance, version) => {
  const strategy = strategyFor('https://api.example.com', apiKey('x-api-key', 'secret-key'))
  expect(() => withAuth(instance as unknown as AxiosStatic, strategy)).toThrow(
    `instance: must be of axios 1.6 or later, not of axios ${version}`,
  )
})

test.each([
  ['is', undefined],
  ['is, for its environment', { env: newest.defaults.env }],
  ['is, for an environment of its own', { env: { fetch: (url: string) => fetch(url) } }],
] as unknown as [string, InternalAxiosRequestConfig | undefined][])(
  'the fetch adapter is refused as the function that it %s',
  async (_, config) => {
    const server = await loopback(ok)
    const get = newest.getAdapter as (name: string, config?: InternalAxiosRequestConfig) => AxiosAdapter
    const instance = newest.create({ adapter: get('fetch', config) })
    withAuth(instance, strategyFor(server.origin, apiKey('x-api-key', 'secret-key')))
    expect(await caught(instance.get(server.origin))).toMatchObject({ option: 'adapter' })
    expect(server.arrivals).toHaveLength(0)
  },
)

test('an adapter of the user is given what his interceptors have put on the configuration, under whatever name', async () => {
  const mark = Symbol('mark')
  const seen = vi.fn()
  const adapter = async (config: InternalAxiosRequestConfig) => {
    seen(Reflect.get(config, 'extra'), Reflect.get(config, mark))
    return answered(config)
  }
  const strategy = strategyFor('https://a.example', apiKey('x-api-key', 'secret-key'))
  const instance = withAuth(newest.create({ adapter }), strategy)
  instance.interceptors.request.use((config) => Object.assign(config, { extra: 'a', [mark]: 'b' }))
  await instance.get('https://a.example')
  expect(seen).toHaveBeenCalledWith('a', 'b')
})

describe('the error of a download that breaks off shows nothing of what was attached', () => {
  const own = { params: { mine: 'kept' }, responseType: 'stream' } as const
  const instanceFor = (server: Loopback): AxiosInstance => {
    const instance = withAuth(
      newest.create(),
      strategyFor(server.origin, countingBearer(), apiKey('x-two', 'secret-2')),
    )
    return withAuth(instance, strategyFor(server.origin, apiKey('x-one', 'secret-1'), queryKey('key', 'secret query')))
  }
  const expectOwn = (error: AxiosError, server: Loopback): void => {
    expect(server.arrivals[0]?.headers).toMatchObject({ 'x-one': 'secret-1', 'x-two': 'secret-2' })
    expect(error.config).toMatchObject({ url: server.origin, ...own })
    expectClean(error, ['secret'])
  }

  test('because it is too long', async () => {
    const server = await loopback((_, response) => response.end('too long'))
    const { data } = await instanceFor(server).get<Readable>(server.origin, { ...own, maxContentLength: 4 })
    const error = await caught(data.toArray())
    expect(error.code).toBe('ERR_BAD_RESPONSE')
    expectOwn(error, server)
  })

  test('because it is that of a failure', async () => {
    const server = await loopback((_, response) => response.writeHead(500).end('too long'))
    const failure = await caught(instanceFor(server).get(server.origin, { ...own, maxContentLength: 4 }))
    expectOwn(failure, server)
    const { data } = failure.response as AxiosResponse<Readable>
    const error = await caught(data.toArray())
    expect(error.code).toBe('ERR_BAD_RESPONSE')
    expectOwn(error, server)
  })

  test('because the caller aborts it', async () => {
    const server = await loopback((_, response) => response.write('a part'))
    const controller = new AbortController()
    const { data } = await instanceFor(server).get<Readable>(server.origin, { ...own, signal: controller.signal })
    const error = caught(data.toArray())
    controller.abort()
    expect((await error).code).toBe('ERR_CANCELED')
    expectOwn(await error, server)
  })
})
