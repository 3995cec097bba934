import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import {
  bearer,
  clientCertificate as carrierCertificate,
  apiKey as carrierKey,
  clientCredentials,
  clientSecretPost,
  createStrategy,
  type Layer,
  oauth2,
  queryKey,
  type Strategy,
} from '@auth/core'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { apiKey, type CarrierProxyOptions, carrierProxy, hashApiKey, requireAuth } from '../src/index.ts'
import { authority } from './support/pki.ts'
import { type Running, serve } from './support/server.ts'

const SECRET = 'the-secret-of-the-carrier'

const strategyFor = (origin: string, ...layers: Layer[]): Strategy =>
  createStrategy({
    origins: [origin],
    allowInsecureLoopback: true,
    layers: layers.length > 0 ? layers : [carrierKey('x-carrier-key', SECRET)],
  })

async function setup(
  carrier: RequestListener,
  options: Partial<CarrierProxyOptions> = {},
  makeStrategy: (origin: string) => Strategy = strategyFor,
) {
  const upstream = await serve(carrier)
  const errors: unknown[] = []
  const app = express()
  app.set('env', 'test')
  const handler = carrierProxy(makeStrategy(upstream.url), {
    target: upstream.url,
    onError: (error) => errors.push(error),
    ...options,
  })
  app.use('/carrier', handler)
  return { upstream, errors, ...(await serve(app)) }
}

const echo: RequestListener = (request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })
}

/** What the server answers to these bytes, which no client would send. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}
const rawGet = (port: number, path: string): Promise<string> =>
  raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)

describe('what goes to the carrier', () => {
  test('is the request, with the carrier’s credentials', async () => {
    const { send, upstream } = await setup(echo)
    const { status, json } = await send({
      method: 'POST',
      path: '/carrier/labels/1?size=A6&size=A7',
      headers: {
        'content-type': 'text/plain',
        'accept-language': 'fi',
        'x-carrier-key': 'the client’s own'.slice(0, 3),
      },
      body: 'a label',
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ method: 'POST', url: '/labels/1?size=A6&size=A7', body: 'a label' })
    expect(json.headers).toMatchObject({
      host: `localhost:${upstream.port}`,
      'content-type': 'text/plain',
      'accept-language': 'fi',
      'x-carrier-key': SECRET,
    })
  })

  test('is nothing that the client presented to this server, or that concerns its connection', async () => {
    const upstream = await serve(echo)
    const app = express()
    app.use(requireAuth(apiKey({ header: 'x-tenant-key', keys: [{ id: 'a', hash: hashApiKey('tenant') }] })))
    app.use(carrierProxy(strategyFor(upstream.url), { target: upstream.url, strip: ['X-Internal'] }))
    const { send } = await serve(app)
    const { json } = await send({
      headers: {
        'x-tenant-key': 'tenant',
        authorization: 'Bearer inbound',
        'proxy-authorization': 'Basic inbound',
        cookie: 'session=inbound',
        'x-api-key': 'inbound',
        'client-cert': ':AAAA:',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-client-cert': 'inbound',
        forwarded: 'for=10.0.0.1',
        'x-internal': 'inbound',
        connection: 'close, x-hop',
        'x-hop': 'inbound',
        te: 'trailers',
        'x-kept': 'yes',
      },
    })
    expect(json.headers).toEqual({
      host: `localhost:${upstream.port}`,
      'x-kept': 'yes',
      'x-carrier-key': SECRET,
      connection: 'keep-alive',
    })
  })

  test('has the path of the target before its own', async () => {
    const upstream = await serve(echo)
    const app = express().use('/c', carrierProxy(strategyFor(upstream.url), { target: `${upstream.url}/api/v1/` }))
    const { send } = await serve(app)
    expect((await send({ path: '/c/labels?x=1' })).json.url).toBe('/api/v1/labels?x=1')
    expect((await send({ path: '/c/labels/../x' })).json.url).toBe('/api/v1/x')
  })

  test.each([
    '/../admin',
    '/%2e%2e/admin',
    '/..%2fadmin',
    '/..%5cadmin',
    '/a\\..\\..\\admin',
    '/a/%2E%2E%2f%2E%2E%2fadmin',
  ])('does not leave that path: %s', async (path) => {
    let reached = false
    const upstream = await serve((_request, response) => {
      reached = true
      response.end()
    })
    const app = express().use(carrierProxy(strategyFor(upstream.url), { target: `${upstream.url}/api/v1` }))
    const { port } = await serve(app)
    expect(await rawGet(port, path)).toMatch(/^HTTP\/1\.1 400/)
    expect(reached).toBe(false)
  })

  test('does not go to another host that the request names', async () => {
    const { port, upstream } = await setup(echo)
    const app = express().use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
    const root = await serve(app)
    const ask = (path: string) => rawGet(root.port, path)
    expect(await ask(`http://127.0.0.1:${port}/x`)).toMatch(/^HTTP\/1\.1 405/)
    expect(await ask('//evil.example/x')).toContain('"url":"//evil.example/x"')
    expect(await ask('/@evil.example/x')).toContain('"url":"/@evil.example/x"')
  })

  test('has the carrier’s query key and not one of the client’s', async () => {
    const { send } = await setup(echo, {}, (origin) => strategyFor(origin, queryKey('key', SECRET)))
    expect((await send({ path: '/carrier/?key=mine&a=b&key=too' })).json.url).toBe(`/?a=b&key=${SECRET}`)
  })

  test.each(['GET', 'DELETE', 'OPTIONS', 'POST', 'PROPFIND'])(
    'is one request and no second in its body: %s',
    async (method) => {
      const seen: string[] = []
      const { port } = await setup((request, response) => {
        let body = ''
        request.on('data', (chunk) => {
          body += chunk
        })
        request.on('end', () => {
          seen.push(`${request.method} ${request.url} ${body}`)
          response.end()
        })
      })
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'
      const framed = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
      const lines = `${method} /carrier/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`
      await raw(port, `${lines}Transfer-Encoding: chunked\r\n\r\n${framed}`)
      await raw(port, `${lines}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`)
      expect(seen).toEqual([`${method} /x ${smuggled}`, `${method} /x ${smuggled}`])
    },
  )

  test('is not found on the request afterwards', async () => {
    const upstream = await serve(echo)
    const seen: unknown[] = []
    const app = express()
    app.use((request, response, next) => {
      response.on('finish', () => seen.push(request.headers))
      next()
    })
    app.use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
    const { send } = await serve(app)
    await send({ headers: { 'x-kept': 'yes' } })
    await expect.poll(() => seen).toEqual([expect.objectContaining({ 'x-kept': 'yes' })])
    expect(JSON.stringify(seen)).not.toContain(SECRET)
  })

  test('is no TRACE, which would show the credentials', async () => {
    const { send } = await setup(echo)
    expect((await send({ method: 'TRACE', path: '/carrier/' })).status).toBe(405)
  })

  test('comes with the carrier’s client certificate', async () => {
    const ca = await authority()
    const server = await ca.issue('CN=localhost', { usage: 'server' })
    const tls = { ...(await ca.issue('CN=acme')), ca: ca.cert }
    const upstream = await serve(
      (request, response) => {
        const socket = request.socket as import('node:tls').TLSSocket
        response.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`)
      },
      { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
    )
    const strategy = createStrategy({ origins: [upstream.url], layers: [carrierCertificate(tls)] })
    const { send } = await serve(express().use(carrierProxy(strategy, { target: upstream.url })))
    expect((await send()).text).toBe('true acme')
  })
})

describe('what comes back', () => {
  test('is the answer, without cookies and what concerns the connection', async () => {
    const { send } = await setup((_request, response) => {
      response.writeHead(418, 'Short and stout', {
        'content-type': 'application/pdf',
        'set-cookie': 'carrier=1',
        connection: 'close, x-hop',
        'x-hop': 'a',
        location: '/elsewhere',
        'www-authenticate': 'Basic realm="carrier"',
      })
      response.end('body')
    })
    const { status, headers, text } = await send({ path: '/carrier/' })
    expect([status, text]).toEqual([418, 'body'])
    expect(headers).toMatchObject({ 'content-type': 'application/pdf', location: '/carrier/elsewhere' })
    expect(headers).not.toHaveProperty('set-cookie')
    expect(headers).not.toHaveProperty('x-hop')
  })

  test.each([204, 304])('may be a %i without a body, many times over one connection', async (status) => {
    const sockets = new Set<unknown>()
    const { send } = await setup((request, response) => {
      sockets.add(request.socket)
      response.writeHead(status).end()
    })
    for (let i = 0; i < 5; i++) expect((await send({ path: '/carrier/' })).status).toBe(status)
    expect(sockets.size).toBe(1)
  })

  test('of a HEAD has no body', async () => {
    const { send } = await setup((_request, response) => response.writeHead(200, { 'content-length': 100 }).end())
    const { status, headers, text } = await send({ method: 'HEAD', path: '/carrier/' })
    expect([status, headers['content-length'], text]).toEqual([200, '100', ''])
  })

  test('does not show the query key in a redirect', async () => {
    const { send } = await setup(
      (request, response) => response.writeHead(302, { location: `/next${request.url?.slice(1)}` }).end(),
      {},
      (origin) => strategyFor(origin, queryKey('key', SECRET)),
    )
    expect((await send({ path: '/carrier/?a=b' })).headers.location).toBe('/carrier/next?a=b')
  })
})

describe('streaming', () => {
  const open = (port: number, method = 'POST') => {
    const outgoing = httpRequest({ port, host: '127.0.0.1', path: '/carrier/', method, agent: false })
    outgoing.on('error', () => {})
    return outgoing
  }

  test('neither side waits for the other to end', async () => {
    let arrived: (request: IncomingMessage, response: ServerResponse) => void = () => {}
    const exchange = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
      arrived = (...pair) => resolve(pair)
    })
    const { port } = await setup((request, response) => arrived(request, response))
    const outgoing = open(port)
    outgoing.write('one')
    const [request, response] = await exchange
    expect(String((await once(request, 'data'))[0])).toBe('one')
    response.write('first')
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(String((await once(answer, 'data'))[0])).toBe('first')
    outgoing.end('two')
    expect(String((await once(request, 'data'))[0])).toBe('two')
    await once(request, 'end')
    response.end('second')
    expect(String((await once(answer, 'data'))[0])).toBe('second')
  })

  test('a client that leaves ends the request to the carrier', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    let started: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const { port, errors } = await setup((request, response) => {
      closed = once(request.socket, 'close')
      response.write('first')
      started()
    })
    const outgoing = open(port, 'GET')
    outgoing.end()
    await begun
    await once(outgoing, 'response')
    outgoing.destroy()
    await closed
    expect(errors).toEqual([])
  })

  test('a client that leaves before there is an answer does so too', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    let started: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const { port, errors } = await setup((request) => {
      closed = once(request.socket, 'close')
      started()
    })
    const outgoing = open(port, 'GET')
    outgoing.end()
    await begun
    outgoing.destroy()
    await closed
    expect(errors).toEqual([])
  })

  test('an answer that is cut off is cut off', async () => {
    const { send } = await setup((_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half')
      setImmediate(() => response.destroy())
    })
    await expect(send({ path: '/carrier/' })).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('a token', () => {
  /** A carrier whose API accepts the token issued last, and the strategy for it. */
  async function withTokens(answerToken?: RequestListener) {
    let issued = 0
    let valid = 0
    const seen: string[] = []
    const carrier: RequestListener = (request, response) => {
      if (request.url === '/token') {
        if (answerToken !== undefined) return answerToken(request, response)
        valid = ++issued
        response.setHeader('content-type', 'application/json')
        return response.end(JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 3600 }))
      }
      seen.push(`${request.method} ${request.headers.authorization}`)
      const accepted = request.headers.authorization === `Bearer token-${valid}`
      request.resume().on('end', () => response.writeHead(accepted ? 200 : 401).end())
    }
    const running = await setup(carrier, {}, (origin) =>
      strategyFor(
        origin,
        bearer(
          oauth2({
            tokenEndpoint: `${origin}/token`,
            clientAuth: clientSecretPost('client', SECRET),
            grant: clientCredentials(),
            allowInsecureLoopback: true,
          }),
        ),
      ),
    )
    const revoke = (): void => {
      valid = -1
    }
    return { ...running, seen, revoke, path: '/carrier/labels' }
  }

  test('that was revoked is replaced, and a request without a body sent once more', async () => {
    const { send, seen, revoke, path } = await withTokens()
    expect((await send({ path })).status).toBe(200)
    revoke()
    expect((await send({ path })).status).toBe(200)
    expect(seen).toEqual(['GET Bearer token-1', 'GET Bearer token-1', 'GET Bearer token-2'])
  })

  test('that was revoked is replaced after a request with a body, for the next one', async () => {
    const { send, seen, revoke, path } = await withTokens()
    await send({ path, method: 'POST', body: 'x' })
    revoke()
    expect((await send({ path, method: 'POST', body: 'x' })).status).toBe(401)
    await expect.poll(async () => (await send({ path, method: 'POST', body: 'x' })).status).toBe(200)
    expect(seen.at(-1)).toBe('POST Bearer token-2')
  })

  test.each<[string, RequestListener, number, string, string | undefined]>([
    [
      'refused',
      (_request, response) => response.writeHead(401).end('{"error":"invalid_client"}'),
      502,
      'carrier_credentials_rejected',
      undefined,
    ],
    [
      'throttled',
      (_request, response) => response.writeHead(429, { 'retry-after': '30' }).end(),
      503,
      'carrier_token_unavailable',
      '30',
    ],
    [
      'no token',
      (_request, response) => response.writeHead(200).end('{}'),
      502,
      'carrier_credentials_unavailable',
      undefined,
    ],
  ])('that is %s is a problem that says nothing of the secret', async (_name, answer, status, code, retryAfter) => {
    const { send, errors, path } = await withTokens(answer)
    const answered = await send({ path })
    expect([answered.status, answered.json.code]).toEqual([status, code])
    if (retryAfter !== undefined) expect(Number(answered.headers['retry-after'])).toBeGreaterThan(25)
    expect(answered.headers['content-type']).toBe('application/problem+json')
    expect(errors).toHaveLength(1)
    expect(answered.text + String(errors[0])).not.toContain(SECRET)
  })
})

describe('an answer whose body is judged', () => {
  const rejection = JSON.stringify({ error: 'token_expired', padding: 'x'.repeat(5_000) })
  const setupJudged = async (make: (response: ServerResponse) => void) => {
    const keys = ['key-1-of-the-carrier', 'key-2-of-the-carrier']
    let asked = 0
    const seen: unknown[] = []
    const running = await setup(
      (request, response) => {
        seen.push(request.headers['x-carrier-key'])
        request.resume()
        request.on('end', () => (seen.length === 1 ? make(response) : response.end('fine')))
      },
      {},
      (origin) =>
        createStrategy({
          origins: [origin],
          allowInsecureLoopback: true,
          recoverOn: [{ status: 403, error: 'token_expired' }],
          layers: [carrierKey('x-carrier-key', () => keys[Math.min(asked++, 1)] as string)],
        }),
    )
    return { ...running, seen }
  }

  test.each<[string, (response: ServerResponse) => void]>([
    ['plain', (response) => response.writeHead(403, { 'content-type': 'application/json' }).end(rejection)],
    ['compressed', (response) => response.writeHead(403, { 'content-encoding': 'gzip' }).end(gzipSync(rejection))],
    [
      'in pieces',
      (response) => {
        response.writeHead(403)
        response.write(rejection.slice(0, 10))
        setImmediate(() => response.end(rejection.slice(10)))
      },
    ],
  ])('is replaced where it says so: %s', async (_how, make) => {
    const { send, seen } = await setupJudged(make)
    expect((await send({ path: '/carrier/' })).text).toBe('fine')
    expect(seen).toHaveLength(2)
  })

  test.each<[string, string]>([
    ['of another reason', JSON.stringify({ error: 'forbidden', padding: 'x'.repeat(5_000) })],
    ['empty', ''],
    ['too long', `{"error":"token_expired","padding":"${'x'.repeat(300_000)}"}`],
  ])('reaches the client whole otherwise: %s', async (_how, body) => {
    const { send, seen } = await setupJudged((response) => response.writeHead(403).end(body))
    const { status, text } = await send({ path: '/carrier/' })
    expect([status, text === body, seen.length]).toEqual([403, true, 1])
  })

  test('reaches a client that sent a body whole', async () => {
    const { send, seen } = await setupJudged((response) => response.writeHead(403).end(rejection))
    const { status, text } = await send({ path: '/carrier/', method: 'POST', body: 'x' })
    expect([status, text === rejection, seen.length]).toEqual([403, true, 1])
  })
})

describe('a carrier in trouble', () => {
  test('that cannot be reached is 502', async () => {
    const { send, errors } = await setup((request) => request.socket.destroy())
    const { status, json } = await send({ path: '/carrier/' })
    expect([status, json.code]).toEqual([502, 'carrier_unreachable'])
    expect(errors).toHaveLength(1)
  })

  test('that does not answer in time is 504', async () => {
    const { send } = await setup(() => {}, { timeout: 50 })
    const { status, json } = await send({ path: '/carrier/' })
    expect([status, json.code]).toEqual([504, 'carrier_timeout'])
  })

  test('whose 401 cannot be recovered answers with it', async () => {
    const { send } = await setup((_request, response) => response.writeHead(401).end('no'))
    const { status, text } = await send({ path: '/carrier/' })
    expect([status, text]).toEqual([401, 'no'])
  })

  test('a listener that throws changes nothing', async () => {
    const onError = (): never => {
      throw new Error('disk full')
    }
    const { send } = await setup((request) => request.socket.destroy(), { onError })
    expect((await send({ path: '/carrier/' })).status).toBe(502)
  })
})

test('a body parser in front is found out', async () => {
  const upstream: Running = await serve(echo)
  const app = express()
    .use(express.text())
    .use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
  app.set('env', 'test')
  const { send } = await serve(app)
  const { status, text } = await send({ method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' })
  expect(status).toBe(500)
  expect(text).toContain('body parsers')
})

const strategy = strategyFor('https://carrier.example')
test.each<[string, () => unknown]>([
  ['strategy', () => carrierProxy({} as Strategy, { target: 'https://carrier.example' })],
  ['target', () => carrierProxy(strategy, { target: '/labels' })],
  ['target', () => carrierProxy(strategy, { target: 'https://other.example' })],
  ['target', () => carrierProxy(strategy, { target: 'http://carrier.example' })],
  ['target', () => carrierProxy(strategy, { target: 'https://carrier.example/?a=b' })],
  ['timeout', () => carrierProxy(strategy, { target: 'https://carrier.example', timeout: 0 })],
  ['strip', () => carrierProxy(strategy, { target: 'https://carrier.example', strip: 'x' as never })],
])('a wrong %s fails at once', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }))
})
