import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import {
  type AuthEvent,
  type AuthRequest,
  apiKey,
  basic,
  bearer,
  type ClientAuth,
  clientCertificate,
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  createStrategy,
  easypostConnect,
  type Layer,
  memoryStore,
  nzPost,
  type OAuth2Options,
  oauth2,
  posti,
  queryKey,
  type Strategy,
  sendcloud,
  type TokenStore,
  tokenCache,
} from '@auth/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { selfSigned } from './support/certificates.ts'
import { hastyClock, settle } from './support/clock.ts'
import { type Answer, json, type Loopback, loopback } from './support/loopback.ts'

// Every secret of this file holds the mark, at its start, in its middle and at its end.
const MARK = 'sHhh'
const ID = 'the-client'
const SECRET = `${MARK}-client+secret%${MARK}/of 32=characters-${MARK}`
const TOKEN = `${MARK}-access-token-${MARK}`
const KEY = `${MARK}-api-key-${MARK}`
const BASIC = Buffer.from(`${ID}:${SECRET}`).toString('base64')

/** What a log, a debugger or an error tracker makes of a value. */
function shown(value: unknown): string {
  const texts = [
    inspect(value, { showHidden: true, depth: 10, getters: true, maxStringLength: null }),
    inspect(value, { depth: 10 }),
    String(value),
  ]
  try {
    texts.push(JSON.stringify(value) ?? '')
  } catch {}
  for (let at = value, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    texts.push(at.message, at.stack ?? '', inspect(Object.getOwnPropertyDescriptors(at), { depth: 10 }))
  }
  return texts.join('\n')
}

function leaks(text: string): string[] {
  const places: string[] = []
  for (const forbidden of [MARK, BASIC, BASIC.slice(0, 24), BASIC.slice(-24), 'PRIVATE KEY']) {
    const at = text.indexOf(forbidden)
    if (at >= 0) places.push(text.slice(Math.max(at - 80, 0), at + 80))
  }
  return places
}

let came: unknown[]
const unhandled = (reason: unknown): void => void came.push(reason)
beforeEach(() => {
  came = []
  process.on('unhandledRejection', unhandled)
})
afterEach(async () => {
  await settle()
  process.off('unhandledRejection', unhandled)
  expect(came.flatMap((value) => leaks(shown(value)))).toEqual([])
})
const onEvent = (event: AuthEvent): void => void came.push(event)

/** Keeps whatever comes out of an attempt, and says which errors it was. */
async function attempt(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'fine'
  } catch (error) {
    came.push(error)
    return (error as { code?: string }).code ?? (error as Error).name
  }
}

/** Uses a strategy in every way there is. */
async function exercise(strategy: Strategy, url: string): Promise<string[]> {
  const request: AuthRequest = { url, method: 'GET', headers: {} }
  const outcomes = [await attempt(() => strategy.authorize(request))]
  came.push(strategy.status())
  outcomes.push(await attempt(() => strategy.authorize(request)))
  const sent = {
    ...request,
    url: `${url}?apikey=${encodeURIComponent(KEY)}`,
    headers: { authorization: `Bearer ${TOKEN}`, 'x-api-key': KEY },
  }
  await attempt(() => strategy.recover(sent, { status: 401 }))
  await attempt(() =>
    strategy.authorize({ ...request, url: `https://${MARK}@elsewhere.example/${MARK}?${MARK}` }).valueOf(),
  )
  came.push(strategy.status())
  outcomes.push(await attempt(() => strategy.reset()))
  came.push(strategy.status(), strategy)
  // The event of a request to elsewhere names its origin, which holds no user information.
  return outcomes
}

const auths: Readonly<Record<string, ClientAuth>> = {
  client_secret_basic: clientSecretBasic(ID, SECRET),
  'client_secret_basic, form-encoded': clientSecretBasic(ID, SECRET, { encoding: 'form' }),
  client_secret_post: clientSecretPost(ID, SECRET),
}

function strategyFor(server: Loopback, options: Partial<OAuth2Options> = {}): Strategy {
  const source = oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost(ID, SECRET),
    allowInsecureLoopback: true,
    clock: hastyClock(),
    onEvent,
    ...options,
  })
  came.push(source, options.clientAuth, options.store)
  return createStrategy({ origins: [server.origin], layers: [bearer(source)], allowInsecureLoopback: true, onEvent })
}

/** What a server saw of the secret, in the forms in which it may give it back. */
function echoes({ headers, body }: IncomingMessage & { body: string }): string[] {
  const { authorization = '' } = headers
  return [
    SECRET,
    encodeURIComponent(SECRET),
    Buffer.from(SECRET).toString('base64'),
    SECRET.slice(0, 12),
    SECRET.slice(-12),
    `${MARK}-client`,
    `invalid_${MARK}-client`,
    ...(authorization === '' ? [] : [authorization, authorization.slice(6), authorization.slice(6, 40)]),
    ...(body === '' ? [] : [body]),
  ].filter((text) => text !== '')
}

const asHeader = (text: string): string => encodeURIComponent(text).replaceAll('%20', ' ')
const places: Readonly<Record<string, (status: number, echo: string) => Answer>> = {
  error: (status, error) => (_, response) => json(response, status, { error }),
  error_description: (status, text) => (_, response) =>
    json(response, status, {
      error: 'invalid_client',
      error_description: text,
      error_uri: `https://e.example/${text}`,
    }),
  'another member': (status, message) => (_, response) =>
    json(response, status, { status, error: 'Unauthorized', message, path: message, [message]: message }),
  headers: (status, text) => (_, response) =>
    json(
      response,
      status,
      { error: 'invalid_client' },
      {
        'www-authenticate': `Basic realm="${asHeader(text)}"`,
        'x-echo': asHeader(text),
        'retry-after': asHeader(text),
        location: `https://elsewhere.example/?${encodeURIComponent(text)}`,
      },
    ),
  HTML: (status, text) => (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' })
    response.end(`<h1>Whitelabel Error Page</h1><pre>${text}</pre>`)
  },
  'the token response': (status, text) => (_, response) =>
    json(response, status, { access_token: `${text}\r\n`, token_type: text, expires_in: text, scope: text }),
  'the type of the token': (status, text) => (_, response) =>
    json(response, status, { access_token: TOKEN, token_type: text, expires_in: text, scope: text }),
  'the status line': (status, text) => (_, response) => {
    response.writeHead(status, asHeader(text))
    response.end('{}')
  },
}

describe('a server that echoes what it was sent shows it to nobody', () => {
  test.each(Object.keys(places).flatMap((place) => Object.keys(auths).map((auth) => [place, auth] as const)))(
    'in %s, with %s',
    async (place, auth) => {
      const outcomes = new Set<string>()
      for (const status of [200, 302, 400, 401, 403, 429, 500, 503]) {
        const example = { headers: { authorization: auth.startsWith('client_secret_basic') ? `Basic ${BASIC}` : '' } }
        const count = echoes({ ...example, body: auth === 'client_secret_post' ? SECRET : '' } as never).length
        for (let i = 0; i < count; i++) {
          const server = await loopback((request, response) => {
            const seen = echoes(request)
            return places[place]?.(status, seen[i % seen.length] as string)(request, response)
          })
          const outcome = await exercise(strategyFor(server, { clientAuth: auths[auth] as ClientAuth }), server.origin)
          for (const code of outcome) outcomes.add(code)
          await server.close()
        }
      }
      expect(outcomes.size).toBeGreaterThan(1)
    },
  )
})

test('the code of a carrier is shown where it is none of the secret’s words', async () => {
  const server = await loopback((_, response) => json(response, 401, { error: 'E-4711' }))
  await exercise(strategyFor(server), server.origin)
  expect(came).toContainEqual(expect.objectContaining({ error: 'E-4711' }))
})

describe('tokens show nowhere', () => {
  test('while all is well, not even in the token as it is logged', async () => {
    const server = await loopback((_, response) => json(response, 200, { access_token: TOKEN, expires_in: 3600 }))
    const source = oauth2({
      tokenEndpoint: server.origin,
      clientAuth: clientSecretPost(ID, SECRET),
      allowInsecureLoopback: true,
      store: memoryStore(),
      onEvent,
    })
    const token = await source.token()
    expect(token.value).toBe(TOKEN)
    expect(leaks(inspect(token, { depth: 10 }) + JSON.stringify(token) + JSON.stringify({ ...token }))).toEqual([])
    came.push(source.status())
  })

  test('when the API refuses them, again and again', async () => {
    let issued = 0
    const server = await loopback((_, response) =>
      json(response, 200, { access_token: `${TOKEN}-${++issued}`, expires_in: 3600 }),
    )
    const strategy = strategyFor(server)
    for (let i = 0; i < 6; i++) {
      const request = { url: server.origin, method: 'GET', headers: {} }
      const { headers = {} } = await strategy.authorize(request)
      await strategy.recover({ ...request, headers }, { status: 401 })
      came.push(strategy.status())
    }
    expect(issued).toBeGreaterThan(2)
  })

  test('when no header can carry them', async () => {
    const server = await loopback((_, response) => json(response, 200, { access_token: `${TOKEN}\n` }))
    expect(await exercise(strategyFor(server), server.origin)).toContain('ERR_AUTH_TOKEN_RESPONSE_INVALID')
  })

  test('when a source of the user’s own yields nonsense', async () => {
    for (const token of [`${TOKEN}`, { value: `${TOKEN}\n`, expiresAt: 1e15 }, { value: TOKEN, expiresAt: TOKEN }]) {
      const own = { token: async () => token as never }
      for (const source of [own, tokenCache(own, { onEvent })]) {
        const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [bearer(source)], onEvent })
        came.push(strategy.status())
        await exercise(strategy, 'https://api.example.com')
      }
    }
  })
})

// A vault's client that fails as clients do: the error holds what was sent, and what came.
function vaultError(): Error {
  const cause = Object.assign(new Error(`GET /v1/secret/${MARK}`), {
    code: `E_${MARK}`,
    headers: { 'x-vault-token': SECRET },
  })
  return Object.assign(new TypeError(`cannot decrypt ${SECRET}`, { cause }), {
    code: SECRET,
    config: { headers: { 'X-Vault-Token': SECRET } },
    response: { data: { data: { value: SECRET } } },
  })
}
const failing: Readonly<Record<string, () => never | Promise<never>>> = {
  throws: () => {
    throw vaultError()
  },
  rejects: async () => {
    throw vaultError()
  },
  'rejects with no error': async () => Promise.reject(SECRET),
  'throws an error with a telling name': () => {
    throw Object.assign(new Error(), { name: `Error for ${SECRET}` })
  },
  'yields a number': (() => 5) as never,
  'yields an object': (async () => ({ value: SECRET })) as never,
  'yields a line break': (() => `${SECRET}\n`) as never,
}

describe('a vault whose function', () => {
  test.each(Object.entries(failing))('%s, shows in no scheme', async (_, read) => {
    const layers: Layer[] = [
      apiKey('x-api-key', read),
      queryKey('apikey', read),
      basic({ username: read, password: SECRET }),
      basic({ username: ID, password: read }),
      clientCertificate(read as () => never),
      bearer(oauth2({ tokenEndpoint: 'https://t.example', clientAuth: clientSecretPost(ID, read), onEvent })),
      bearer(oauth2({ tokenEndpoint: 'https://t.example', clientAuth: clientSecretBasic(read, SECRET), onEvent })),
      bearer(
        oauth2({
          tokenEndpoint: 'https://t.example',
          clientAuth: clientSecretPost(ID, SECRET),
          headers: { 'x-key': read },
          onEvent,
        }),
      ),
      bearer(
        oauth2({
          tokenEndpoint: 'https://t.example',
          clientAuth: clientSecretPost(ID, SECRET),
          tls: read as () => never,
          onEvent,
        }),
      ),
    ]
    for (const layer of layers) {
      came.push(layer)
      const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [layer], onEvent })
      const [first] = await exercise(strategy, 'https://api.example.com')
      expect([layer.scheme, first]).toEqual([layer.scheme, 'ERR_AUTH_CONFIGURATION'])
    }
  })

  test.each(Object.entries(failing))('%s after a good start, shows in no recovery', async (_, read) => {
    let good = true
    const secret = (): never | Promise<never> => (good ? (KEY as never) : read())
    for (const layer of [apiKey('x-api-key', secret), queryKey('apikey', secret)]) {
      good = true
      const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [layer], onEvent })
      await strategy.authorize({ url: 'https://api.example.com', method: 'GET', headers: {} })
      good = false
      await exercise(strategy, 'https://api.example.com')
    }
  })
})

describe('a fetch of the user’s own that fails with all it knows', () => {
  const failures: Readonly<Record<string, (input: unknown, init?: RequestInit) => Promise<Response>>> = {
    'in its message': async (input, init) => {
      throw new TypeError(`POST ${String(input)} ${JSON.stringify(init)}`)
    },
    'in its code and causes': async (_, init) => {
      throw Object.assign(new Error('failed', { cause: Object.assign(vaultError(), init) }), { code: `${SECRET}` })
    },
    'without an error': async (_, init) => Promise.reject(init),
    synchronously: (_, init) => {
      throw Object.assign(vaultError(), { request: init })
    },
    'in the body': async () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.error(vaultError()),
        }),
      ),
    'with something that is no response': async (_, init) => init as never,
  }
  test.each(Object.entries(failures))('%s, shows nothing of it', async (_, fetch) => {
    const server = await loopback(() => {})
    for (const clientAuth of Object.values(auths)) {
      const outcomes = await exercise(
        strategyFor(server, { clientAuth, fetch: fetch as typeof globalThis.fetch }),
        server.origin,
      )
      expect(outcomes[0]).toBe('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE')
    }
  })
})

describe('a store that fails', () => {
  const stored = memoryStore()
  const entry = { writtenAt: 0, token: { value: TOKEN, expiresAt: 1e15, lifetime: 1e6, scope: MARK }, [SECRET]: SECRET }
  const fault = (what: () => unknown): TokenStore => ({ shared: true, get: what, set: what, lease: what }) as TokenStore
  const stores: Readonly<Record<string, () => TokenStore>> = {
    'by throwing': () =>
      fault(() => {
        throw vaultError()
      }),
    'by rejecting': () => fault(async () => Promise.reject(vaultError())),
    'by rejecting with no error': () => fault(async () => Promise.reject(SECRET)),
    'by never answering': () => fault(() => new Promise(() => {})),
    'with nonsense': () => fault(() => SECRET),
    'with objects of nonsense': () => fault(() => ({ entry: SECRET, version: SECRET, startsIn: SECRET })),
    'with a token that no header can carry': () => ({
      ...stored,
      get: () => ({ version: '1', entry: { ...entry, token: { ...entry.token, value: `${TOKEN}\n` } } }),
    }),
    'after it was asked': () => ({
      ...stored,
      set: async () => {
        throw vaultError()
      },
    }),
  }
  test.each(Object.entries(stores))('%s, shows neither key nor token', async (_, make) => {
    for (const answer of [200, 401, 429, 500]) {
      const server = await loopback((_, response) =>
        json(response, answer, answer === 200 ? { access_token: TOKEN, expires_in: 3600 } : { error: SECRET }),
      )
      const strategy = strategyFor(server, { store: make() })
      const [first] = await exercise(strategy, server.origin)
      // And stops no request.
      if (answer === 200) expect(first).toBe('fine')
      await server.close()
    }
  })
})

describe('the options of a carrier', () => {
  test('show in no message of another option', async () => {
    const pair = await selfSigned()
    const attempts: (() => unknown)[] = [
      () => posti({ username: ID, password: SECRET }, { environment: MARK as 'QA' }),
      () => posti({ username: ID, password: SECRET }, { tokenEndpoint: `http://${ID}:${SECRET}@t.example` }),
      () => nzPost({ clientId: ID, clientSecret: SECRET }, { origins: [`https://x.example/?key=${SECRET}`] }),
      () => sendcloud({ publicKey: `${ID}:${SECRET}`, secretKey: SECRET }),
      () => sendcloud({ publicKey: ID, secretKey: SECRET }, { mode: SECRET as 'basic' }),
      () => easypostConnect({ clientId: ID, clientSecret: SECRET, apiKey: `${KEY}\n`, tls: pair }),
      () => easypostConnect({ clientId: ID, clientSecret: SECRET, apiKey: KEY, tls: { ...pair, key: SECRET } }),
      () => easypostConnect({ clientId: ID, clientSecret: SECRET, apiKey: KEY, tls: { ...pair, cert: pair.key } }),
      () => easypostConnect({ clientId: ID, clientSecret: SECRET, apiKey: KEY, tls: pair }, { ca: pair.key }),
      () => clientCredentials({ parameters: { client_secret: SECRET } }),
      () => clientCredentials({ scope: `${SECRET}\n` }),
    ]
    for (const make of attempts) expect(await attempt(make)).toBe('ERR_AUTH_CONFIGURATION')
  })

  test('show in no strategy, layer or client authentication', async () => {
    const pair = await selfSigned()
    came.push(
      apiKey('x-api-key', KEY),
      queryKey('apikey', KEY),
      basic({ username: ID, password: SECRET }),
      clientCertificate(pair),
      ...Object.values(auths),
      posti({ username: ID, password: SECRET }, { onEvent }),
      easypostConnect({ clientId: ID, clientSecret: SECRET, apiKey: KEY, tls: pair }),
      sendcloud({ publicKey: ID, secretKey: SECRET }),
    )
  })
})

test('a listener that throws what it was told, and more, is heard by nobody', async () => {
  const server = await loopback((_, response) => json(response, 401, { error: 'invalid_client' }))
  const strategy = strategyFor(server, {
    onEvent: () => {
      throw vaultError()
    },
  })
  expect(await exercise(strategy, server.origin)).toContain('ERR_AUTH_CREDENTIALS_REJECTED')
})

test('the search for leaks finds them', () => {
  expect(leaks(shown(Object.defineProperty(new Error('x'), 'hidden', { value: { deep: [SECRET] } })))).not.toEqual([])
  expect(leaks(shown(new Error('x', { cause: new Error(`Basic ${BASIC}`) })))).not.toEqual([])
  expect(leaks(shown({ token: TOKEN }))).not.toEqual([])
  expect(leaks(shown(vaultError()))).not.toEqual([])
})
