import {
  type AuthEvent,
  type AuthRequest,
  apiKey,
  basic,
  bearer,
  type Credentials,
  clientCertificate,
  createStrategy,
  type Layer,
  posti,
  queryKey,
  type StrategyOptions,
  tokenCache,
  trustAnchors,
} from '@auth/core'
import { describe, expect, test } from 'vitest'
import { selfSigned } from './support/certificates.ts'
import { manualClock } from './support/clock.ts'
import { foreignPromise } from './support/foreign.ts'
import { json, loopback } from './support/loopback.ts'

const ORIGIN = 'https://api.example.com'

function get(url = `${ORIGIN}/x`, headers: Record<string, string> = {}, method = 'GET'): AuthRequest {
  return { url, method, headers }
}

function strategyOf(layers: readonly Layer[], own: Partial<StrategyOptions> = {}) {
  const events: AuthEvent[] = []
  const onEvent = (event: AuthEvent): void => void events.push(event)
  return { ...createStrategy({ origins: [ORIGIN], layers, onEvent, ...own }), events }
}

/** A layer that says `recoverable` of every refusal, and counts how often it was asked. */
function askable(recoverable: boolean | Error, header = 'x-asked'): Layer & { asked: number } {
  const layer = {
    scheme: 'test',
    header,
    asked: 0,
    authorize: (): Credentials => ({ headers: { [header]: 'value' } }),
    async recover() {
      layer.asked++
      if (recoverable instanceof Error) throw recoverable
      return recoverable
    },
  }
  return layer
}

describe('trust', () => {
  const { authorize, events } = strategyOf([apiKey('x-api-key', 'key')])
  const attached = (url: string): boolean => 'headers' in (authorize(get(url)) as Credentials)

  // Wherever a client would send the request, by the URL Standard, decides; not what the URL looks like.
  test.each([
    ['upper case', 'HTTPS://API.EXAMPLE.COM/x'],
    ['the default port', 'https://api.example.com:443/x'],
    ['the default port, padded', 'https://api.example.com:0443/x'],
    ['user information', 'https://api.example.org:secret@api.example.com/x'],
    ['backslashes for slashes', 'https:\\\\api.example.com\\x'],
    ['a backslash that ends the host', 'https://api.example.com\\@evil.example/'],
    ['spaces around it', '  https://api.example.com/x '],
    ['a tab in the host', 'https://api.exa\tmple.com/x'],
    ['a line break in the host', 'https://api.exa\nmple.com/x'],
    ['a percent-encoded host', 'https://api.ex%61mple.com/x'],
    ['full-width letters', 'https://ａpi.example.com/x'],
    ['more slashes than needed', 'https:////api.example.com/x'],
    ['no slashes', 'https:api.example.com/x'],
  ])('%s: %j is the trusted origin', (_, url) => {
    expect(new URL(url).origin).toBe(ORIGIN)
    expect(attached(url)).toBe(true)
  })

  test.each([
    ['the origin as user information', 'https://api.example.com@evil.example/x'],
    ['the origin as user name and password', 'https://api.example.com:443@evil.example/x'],
    ['the origin as a subdomain', 'https://api.example.com.evil.example/x'],
    ['a tab after the origin', 'https://api.example.com\t.evil.example/x'],
    ['a line break after the origin', 'https://api.example.com\n.evil.example/x'],
    ['a backslash before the origin', 'https://evil.example\\@api.example.com/x'],
    ['a slash before the origin', 'https://evil.example/@api.example.com/x'],
    ['a query before the origin', 'https://evil.example?@api.example.com/x'],
    ['a fragment before the origin', 'https://evil.example#@api.example.com/x'],
    ['a percent-encoded slash in the host', 'https://api.example.com%2f.evil.example/x'],
    ['an encoded dot', 'https://api.example.com%2eevil.example/x'],
    ['a full stop of another script', 'https://api.example.com。evil.example/x'],
    ['letters of another script', 'https://аpi.example.com/x'],
    ['a dot at the end of the host', 'https://api.example.com./x'],
    ['another port', 'https://api.example.com:8443/x'],
    ['no TLS', 'http://api.example.com/x'],
    ['no TLS on the port of TLS', 'http://api.example.com:443/x'],
    ['a WebSocket', 'wss://api.example.com/x'],
    ['a blob', 'blob:https://api.example.com/8e5ab4a3'],
    ['a data URL', 'data:text/plain,https://api.example.com/'],
    ['a file', 'file://api.example.com/x'],
    ['a subdomain', 'https://v2.api.example.com/x'],
    ['the parent domain', 'https://example.com/x'],
    ['a path', '/x'],
    ['no scheme', '//api.example.com/x'],
    ['not a URL', 'api.example.com'],
    ['nothing', ''],
  ])('%s: %j is not', (_, url) => {
    expect(attached(url)).toBe(false)
  })

  test('a request to elsewhere is an event that names the origin, and nothing of the rest', () => {
    events.length = 0
    authorize(get('https://user:password@evil.example/path?token=secret#x'))
    authorize(get('not a URL with a secret'))
    expect(events.map((event) => event.type === 'origin-untrusted' && event.origin)).toEqual([
      'https://evil.example',
      'not an absolute URL',
    ])
  })

  test('a Host header of the caller’s own decides as well: a server goes by it', () => {
    const { authorize, events } = strategyOf([apiKey('x-api-key', 'key')], {
      origins: [ORIGIN, 'https://localhost:8443'],
    })
    for (const host of [
      'evil.example',
      'api.example.com.evil.example',
      'api.example.com@evil.example',
      'api.example.com:1',
      '/',
      ' ',
    ]) {
      expect(authorize(get(undefined, { host }))).toEqual({})
    }
    expect(events).toHaveLength(6)
    expect(events[0]).toMatchObject({ type: 'origin-untrusted', origin: 'https://evil.example' })
    for (const url of [`${ORIGIN}/x`, 'https://localhost:8443/x']) {
      for (const host of ['api.example.com', 'API.example.com:443', '']) {
        expect(authorize(get(url, { host }))).toHaveProperty('headers')
      }
    }
  })

  test('no layer is asked for a request to elsewhere', async () => {
    const layer = askable(true)
    const { authorize, recover } = strategyOf([{ ...layer, authorize: () => expect.unreachable() }])
    expect(authorize(get('https://evil.example/'))).toEqual({})
    expect(await recover(get('https://evil.example/'), { status: 401 })).toBe(false)
    expect(layer.asked).toBe(0)
  })

  test('origins are canonical, each once, and cannot be added to', () => {
    const { origins } = strategyOf([apiKey('x-api-key', 'key')], {
      origins: ['HTTPS://API.example.com:443/', ORIGIN, 'https://panel.example.com'],
    })
    expect(origins).toEqual([ORIGIN, 'https://panel.example.com'])
    expect(() => (origins as string[]).push('https://evil.example')).toThrow(TypeError)
  })

  test('changing the list that was given changes nothing', () => {
    const list = [ORIGIN]
    const strategy = createStrategy({ origins: list, layers: [apiKey('x-api-key', 'key')] })
    list.push('https://evil.example')
    expect(strategy.authorize(get('https://evil.example/'))).toEqual({})
  })

  test('http: is trusted on loopback hosts alone, and where that is allowed', () => {
    for (const host of ['localhost', 'api.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      const origins = [`http://${host}:8080`]
      expect(strategyOf([apiKey('k', 'v')], { origins, allowInsecureLoopback: true }).origins).toHaveLength(1)
      expect(() => strategyOf([apiKey('k', 'v')], { origins })).toThrow(/allowInsecureLoopback/)
    }
    for (const host of ['localhost.example.com', '128.0.0.1', '127.0.0.1.example.com', '10.0.0.1', 'mylocalhost']) {
      const origins = [`http://${host}`]
      expect(() => strategyOf([apiKey('k', 'v')], { origins, allowInsecureLoopback: true })).toThrow(/must use https:/)
    }
  })
})

describe('what the caller sets himself', () => {
  test('saves the token that nobody would send', () => {
    const { authorize } = strategyOf([bearer({ token: () => expect.unreachable() })])
    expect(authorize(get(undefined, { authorization: 'Bearer mine' }))).toEqual({})
  })

  test('is respected when it says: not this header', () => {
    const { authorize } = strategyOf([apiKey('x-api-key', 'key'), basic({ username: 'u', password: 'p' })])
    expect(authorize(get(undefined, { 'x-api-key': '' }))).toEqual({ headers: { authorization: 'Basic dTpw' } })
  })

  test('leaves key, query and certificate where only Authorization is his', async () => {
    const pair = await selfSigned()
    const { authorize } = strategyOf([
      clientCertificate(pair),
      apiKey('x-api-key', 'key'),
      queryKey('apikey', 'query-key'),
      bearer({ token: () => expect.unreachable() }),
    ])
    const credentials = (await authorize(get(undefined, { authorization: 'Basic own' }))) as Credentials
    expect(credentials.headers).toEqual({ 'x-api-key': 'key' })
    expect(credentials.query).toEqual({ apikey: 'query-key' })
    expect(credentials.tls).toMatchObject({ cert: pair.cert, key: pair.key })
  })
})

describe('merging', () => {
  test('waits for the layers that have to fetch, and asks each once', async () => {
    let asked = 0
    const slow = apiKey('x-slow', async () => {
      asked++
      return 'slow'
    })
    const { authorize } = strategyOf([slow, apiKey('x-fast', 'fast'), queryKey('q', async () => 'query')])
    const pending = authorize(get())
    expect(pending).toBeInstanceOf(Promise)
    expect(await pending).toEqual({ headers: { 'x-slow': 'slow', 'x-fast': 'fast' }, query: { q: 'query' } })
    expect(asked).toBe(1)
  })

  test('requests at the same time do not get each other’s parts', async () => {
    let n = 0
    const { authorize } = strategyOf([apiKey('x-a', 'a'), apiKey('x-b', async () => `b${++n}`)])
    const own = authorize(get(undefined, { 'x-a': 'mine' }))
    const both = authorize(get())
    expect(await own).toEqual({ headers: { 'x-b': 'b1' } })
    expect(await both).toEqual({ headers: { 'x-a': 'a', 'x-b': 'b2' } })
  })

  test('what comes out cannot be changed', async () => {
    const { authorize } = strategyOf([apiKey('x-a', 'a'), queryKey('q', 'query')])
    const credentials = authorize(get()) as { headers: Record<string, string>; query: Record<string, string> }
    for (const change of [
      () => Object.assign(credentials, { headers: {} }),
      () => Object.assign(credentials.headers, { 'x-a': 'other' }),
      () => Object.assign(credentials.query, { q: 'other' }),
    ]) {
      expect(change).toThrow(TypeError)
    }
  })

  test.each([
    ['apiKey', apiKey('x-a', 'a')],
    ['queryKey', queryKey('q', 'a')],
    ['basic', basic({ username: 'u', password: 'p' })],
    ['bearer', bearer({ token: () => ({ value: 'a', expiresAt: Number.MAX_SAFE_INTEGER }) })],
  ])('not even what %s contributes alone', async (_, layer) => {
    const credentials = strategyOf([layer]).authorize(get()) as Credentials
    expect(Object.isFrozen(credentials)).toBe(true)
    expect(Object.isFrozen(credentials.headers ?? credentials.query)).toBe(true)
  })

  test('one layer that fails fails the request, whatever the others do, and nothing is left unhandled', async () => {
    const failing = apiKey('x-a', async () => Promise.reject(new Error('vault')))
    const throwing = apiKey('x-b', () => {
      throw new Error('vault')
    })
    for (const layers of [
      [failing, throwing],
      [throwing, failing],
      [failing, apiKey('x-c', async () => 'c')],
    ]) {
      await expect(async () => strategyOf(layers).authorize(get())).rejects.toMatchObject({
        code: 'ERR_AUTH_CONFIGURATION',
      })
    }
  })

  test('a layer of the user’s own may bring promises of another realm', async () => {
    const layer: Layer = { scheme: 'own', authorize: () => foreignPromise({ headers: { 'x-own': 'value' } }) }
    expect(await strategyOf([layer, apiKey('x-a', 'a')]).authorize(get())).toEqual({
      headers: { 'x-own': 'value', 'x-a': 'a' },
    })
  })

  test('trust anchors ride along with the credentials', async () => {
    const { cert } = await selfSigned()
    const credentials = strategyOf([trustAnchors(cert), apiKey('x-a', 'a')]).authorize(get()) as Credentials
    expect(credentials).toEqual({ headers: { 'x-a': 'a' }, tls: { ca: cert } })
  })
})

describe('recover', () => {
  test('says nothing of a status that is not listed, and asks no layer', async () => {
    const layer = askable(true)
    const { recover, events } = strategyOf([layer])
    for (const status of [200, 204, 302, 400, 403, 407, 429, 500, 503]) {
      expect(await recover(get(), { status })).toBe(false)
    }
    expect(layer.asked).toBe(0)
    expect(events).toEqual([])
  })

  test('believes the statuses that a carrier lists, and those only', async () => {
    const { recover } = strategyOf([askable(true)], { recoverOn: [403] })
    expect(await recover(get(), { status: 403 })).toBe(true)
    expect(await recover(get(), { status: 401 })).toBe(false)
  })

  test('asks every layer, whatever the first says', async () => {
    const layers = [
      askable(true, 'x-a'),
      askable(false, 'x-b'),
      askable(new Error('vault'), 'x-c'),
      askable(true, 'x-d'),
    ]
    expect(await strategyOf(layers).recover(get(), { status: 401 })).toBe(true)
    expect(layers.map(({ asked }) => asked)).toEqual([1, 1, 1, 1])
  })

  test('a layer that fails has no other credential: the 401 is handed over, and nothing is thrown', async () => {
    const { recover, events } = strategyOf([askable(new Error('vault'))])
    expect(await recover(get(), { status: 401 })).toBe(false)
    expect(events).toMatchObject([
      { type: 'challenged', status: 401, recovered: false, reason: 'no other credential is to be had' },
    ])
  })

  test.each([
    ['all', ['GET', 'HEAD', 'OPTIONS', 'QUERY', 'POST', 'PUT', 'PATCH', 'DELETE', 'get'], []],
    ['safe', ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'get', 'head'], ['POST', 'PUT', 'PATCH', 'DELETE', 'post']],
    ['never', [], ['GET', 'HEAD', 'OPTIONS', 'POST', 'get']],
  ] as const)('replay %j sends %j once more, and %j not', async (replay, again, not) => {
    const layer = askable(true)
    const { recover, events } = strategyOf([layer], { replay })
    for (const method of again) expect(await recover(get(undefined, {}, method), { status: 401 })).toBe(true)
    for (const method of not) expect(await recover(get(undefined, {}, method), { status: 401 })).toBe(false)
    // What is refused is dropped all the same: the next request is better off.
    expect(layer.asked).toBe(again.length + not.length)
    const reasons = events.map((event) => event.type === 'challenged' && event.reason)
    expect(new Set(reasons)).toEqual(
      new Set([
        ...(again.length > 0 ? ['the credential was replaced'] : []),
        ...(not.length > 0 ? [`replay is '${replay}'`] : []),
      ]),
    )
  })

  test('a hint ends the reason of a refusal that stands', async () => {
    const { recover, events } = strategyOf([askable(false)], { hint: 'Look there' })
    await recover(get(), { status: 401 })
    expect(events).toMatchObject([{ reason: 'no other credential is to be had. Look there' }])
  })

  test('a fixed credential cannot be replaced', async () => {
    const layers = [apiKey('x-api-key', 'key'), basic({ username: 'u', password: 'p' }), queryKey('q', 'query')]
    const { authorize, recover } = strategyOf(layers)
    const { headers = {} } = authorize(get()) as Credentials
    expect(await recover(get(`${ORIGIN}/x?q=query`, { ...headers }), { status: 401 })).toBe(false)
  })
})

describe('status and reset', () => {
  test('status lists the layers in order, with the state of those that have one', async () => {
    const clock = manualClock()
    const expiresAt = clock.now() + 3_600_000
    const source = tokenCache({ token: async () => ({ value: 'token', expiresAt }) }, { clock })
    const { authorize, status } = strategyOf([apiKey('x-api-key', 'key'), bearer(source)], { id: 'acme' })
    expect(status()).toEqual({ id: 'acme', layers: [{ scheme: 'apiKey' }, { scheme: 'bearer', state: 'empty' }] })
    await authorize(get())
    expect(status()).toMatchObject({ layers: [{ scheme: 'apiKey' }, { scheme: 'bearer', state: 'fresh', expiresAt }] })
    expect(JSON.stringify(status())).not.toContain('key"')
  })

  test('reset forgets every token, and says so', async () => {
    let issued = 0
    const source = (): ReturnType<typeof tokenCache> =>
      tokenCache({ token: async () => ({ value: `token-${++issued}`, expiresAt: Date.now() + 3_600_000 }) })
    const second: Layer = { ...bearer(source()), header: 'x-second', scheme: 'second' }
    const { authorize, reset, events, status } = strategyOf([bearer(source()), second])
    await authorize(get())
    await reset()
    expect(status().layers.map(({ state }) => state)).toEqual(['empty', 'empty'])
    expect(events.at(-1)).toMatchObject({ type: 'reset', id: 'custom' })
    await authorize(get())
    expect(issued).toBe(4)
  })
})

test('Posti’s words for a wrong password count in any status', async () => {
  const server = await loopback((_, response) => json(response, 400, { status: 401, error: 'Unauthorized' }))
  const strategy = posti(
    { username: 'accountname', password: 'secret' },
    { origins: [server.origin], tokenEndpoint: `${server.origin}/oauth/token`, allowInsecureLoopback: true },
  )
  for (let i = 0; i < 3; i++) {
    await expect(async () => strategy.authorize(get(server.origin))).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      error: 'Unauthorized',
    })
  }
  expect(server.requests).toHaveLength(1)
})
