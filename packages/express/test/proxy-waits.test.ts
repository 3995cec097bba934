// Every wait has an end, and nobody's wait is another client's.
import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage, METHODS } from 'node:http'
import type { Socket } from 'node:net'
import { bearer, clientCredentials, clientSecretPost, createStrategy, oauth2, type Strategy } from '@auth/core'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type CarrierProxyOptions, carrierProxy } from '../src/index.ts'
import { rawCarrier, SECRET, strategyFor } from './support/carrier.ts'
import { expresses } from './support/expresses.ts'
import { serve } from './support/server.ts'

// Nothing that a test here provokes may end up as nobody's failure.
const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

/** A request of a client that sends its body at leisure. */
function upload(port: number, path = '/'): ClientRequest {
  const outgoing = httpRequest({ port, host: '127.0.0.1', path, method: 'POST', agent: false })
  outgoing.on('error', () => {})
  onTestFinished(() => void outgoing.destroy())
  return outgoing
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) text += chunk
  return text
}

/** Reads one head off a carrier's connection. */
const headOf = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0])

describe.each(expresses)('%s', (_name, express) => {
  async function proxied(origin: string, options: Partial<CarrierProxyOptions> = {}, strategy?: Strategy) {
    const errors: unknown[] = []
    const proxy = carrierProxy(strategy ?? strategyFor(origin), {
      target: origin,
      onError: (error) => void errors.push(error),
      ...options,
    })
    return { errors, ...(await serve(express().use(proxy))) }
  }

  test('three hundred uploads that drip keep nobody waiting', async () => {
    const upstream = await serve((request, response) => {
      if (request.method === 'GET') response.end('here')
      else request.resume()
    })
    const { port, send } = await proxied(upstream.url)
    const arrived = Array.from({ length: 300 }, () => {
      const outgoing = upload(port)
      outgoing.write('x')
      return once(outgoing, 'socket')
    })
    await Promise.all(arrived)
    expect((await send()).text).toBe('here')
  })

  test('an upload that stops ends with 408', async () => {
    const upstream = await serve((request) => request.resume())
    const { port, errors } = await proxied(upstream.url, { timeout: 500 })
    const outgoing = upload(port)
    outgoing.write('x')
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect([answer.statusCode, JSON.parse(await bodyOf(answer)).code]).toEqual([408, 'request_timeout'])
    expect(errors).toMatchObject([{ name: 'ClientTimeout' }])
  })

  test('an upload that never stops ends at the deadline', async () => {
    const upstream = await serve((request) => request.resume())
    const { port } = await proxied(upstream.url, { timeout: 60, deadline: 200 })
    const outgoing = upload(port)
    const drip = setInterval(() => outgoing.write('x'), 20)
    onTestFinished(() => clearInterval(drip))
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect([408, 504]).toContain(answer.statusCode)
    const closed = once(outgoing, 'close')
    answer.resume()
    // It may go on for a little while after the answer; then its connection is cut.
    await closed
  })

  test('a connection that never comes about ends with 504', async () => {
    // It accepts, and never says a word of TLS.
    const origin = await rawCarrier(() => {})
    const strategy = createStrategy({ origins: [origin.replace('http:', 'https:')], layers: strategyLayers() })
    const { send } = await proxied(origin.replace('http:', 'https:'), { timeout: 60 }, strategy)
    const { status, json } = await send()
    expect([status, json.code]).toEqual([504, 'carrier_timeout'])
  })

  test('a carrier that reads no upload ends with 504', async () => {
    const origin = await rawCarrier((socket) => void socket.pause())
    const { port } = await proxied(origin, { timeout: 100 })
    const outgoing = upload(port)
    const more = (): void => {
      while (!outgoing.destroyed && outgoing.write(Buffer.alloc(65_536)));
    }
    outgoing.on('drain', more)
    more()
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(504)
  })

  test('an answer that stops within its body is cut off', async () => {
    const upstream = await serve((_request, response) => void response.write('first'))
    const { send } = await proxied(upstream.url, { timeout: 400 })
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('an answer that goes on may take longer than timeout and deadline', async () => {
    const upstream = await serve((_request, response) => {
      let left = 30
      const more = setInterval(() => {
        response.write('x')
        if (--left > 0) return
        clearInterval(more)
        response.end()
      }, 20)
    })
    const { send } = await proxied(upstream.url, { timeout: 400, deadline: 400 })
    expect((await send()).text).toBe('x'.repeat(30))
  })

  test('credentials that never come end with 504', async () => {
    const strategy: Strategy = { ...strategyFor('http://localhost:1'), authorize: () => new Promise(() => {}) }
    const { send } = await proxied('http://localhost:1', { timeout: 100, deadline: 100 }, strategy)
    expect((await send()).status).toBe(504)
  })

  test('a carrier that changes the protocol unasked is 502', async () => {
    const origin = await rawCarrier(async (socket) => {
      await headOf(socket)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    const { send } = await proxied(origin)
    const { status, json } = await send({ headers: { connection: 'upgrade', upgrade: 'websocket' } })
    expect([status, json.code]).toEqual([502, 'carrier_answer_invalid'])
  })

  test('informational answers without end are 502', async () => {
    const origin = await rawCarrier(async (socket) => {
      await headOf(socket)
      const more = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 1)
      socket.on('close', () => clearInterval(more))
    })
    const { send } = await proxied(origin)
    expect((await send()).status).toBe(502)
  })

  test('a few informational answers are no answer', async () => {
    const origin = await rawCarrier(async (socket) => {
      await headOf(socket)
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n')
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const { send } = await proxied(origin)
    expect((await send()).text).toBe('ok')
  })

  test('slow informational answers do not put off the end', async () => {
    const origin = await rawCarrier(async (socket) => {
      await headOf(socket)
      const more = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 30)
      socket.on('close', () => clearInterval(more))
    })
    const { send } = await proxied(origin, { timeout: 100 })
    expect((await send()).status).toBe(504)
  })

  test.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nfour',
    'HTTP/1.1 20 OK\r\n\r\n',
    'SSH-2.0-OpenSSH_9.9\r\n',
  ])('an answer that cannot be read in one way is 502: %j', async (bytes) => {
    const origin = await rawCarrier(async (socket) => {
      await headOf(socket)
      socket.write(bytes)
    })
    const { send } = await proxied(origin)
    expect((await send()).status).toBe(502)
  })

  describe.each([401, 413, 303])('an early %i while a large upload runs', (status) => {
    test.each([
      ['and closes the connection at once', (socket: Socket) => socket.end()],
      ['and resets the connection', (socket: Socket) => setImmediate(() => socket.destroy())],
      ['and leaves the connection open', () => {}],
    ])('is handed over when the carrier answers %s', async (_how, then) => {
      const origin = await rawCarrier((socket) => {
        socket.once('data', () => {
          socket.pause()
          socket.write(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`, () => then(socket))
        })
      })
      const { port, errors } = await proxied(origin)
      const outgoing = upload(port)
      let left = 512
      const more = (): void => {
        while (left-- > 0) if (!outgoing.write(Buffer.alloc(65_536))) return
        outgoing.end()
      }
      outgoing.on('drain', more)
      more()
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      expect([answer.statusCode, await bodyOf(answer)]).toEqual([status, 'no'])
      expect(errors).toEqual([])
    })
  })

  test('an early 401 drops the dead token', async () => {
    let issued = 0
    const seen: unknown[] = []
    const upstream = await serve((request, response) => {
      if (request.url === '/token') {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 3600 }))
        return
      }
      seen.push(request.headers.authorization)
      response.writeHead(seen.length === 1 ? 401 : 200, { connection: 'close' }).end('no')
    })
    const source = oauth2({
      tokenEndpoint: `${upstream.url}/token`,
      clientAuth: clientSecretPost('client', SECRET),
      grant: clientCredentials(),
      allowInsecureLoopback: true,
    })
    const { port, send } = await proxied(upstream.url, {}, strategyFor(upstream.url, bearer(source)))
    const outgoing = upload(port)
    outgoing.write(Buffer.alloc(1_000_000))
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(401)
    await bodyOf(answer)
    expect((await send()).status).toBe(200)
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  test('a connection with half an upload on it is not used again', async () => {
    const sockets: unknown[] = []
    const upstream = await serve((request, response) => {
      sockets.push(request.socket)
      request.pause()
      response.writeHead(413, { 'content-length': 0 }).end()
    })
    const { port, send } = await proxied(upstream.url)
    const outgoing = upload(port)
    outgoing.write('GET /smuggled HTTP/1.1\r\n\r\n')
    await once(outgoing, 'response')
    await send()
    expect(new Set(sockets).size).toBe(2)
  })

  test('a client that leaves while it uploads ends the request to the carrier', async () => {
    let arrived: (socket: Socket) => void = () => {}
    const atCarrier = new Promise<Socket>((resolve) => {
      arrived = resolve
    })
    const upstream = await serve((request) => void request.once('data', () => arrived(request.socket)))
    const { port, errors } = await proxied(upstream.url)
    const outgoing = upload(port)
    outgoing.write('x')
    const closed = new Promise((resolve) => atCarrier.then((socket) => socket.once('close', resolve)))
    await atCarrier
    outgoing.destroy()
    await closed
    expect(errors).toEqual([])
  })

  test('observers that reject change nothing', async () => {
    const upstream = await serve((request) => void request.socket.destroy())
    const { send } = await proxied(upstream.url, {
      onError: (async () => {
        throw new Error('disk full')
      }) as never,
    })
    expect((await send()).status).toBe(502)
  })

  test('a body parser in front is an error that says what to do, and none without a body', async () => {
    const upstream = await serve((_request, response) => void response.end('here'))
    const failures: unknown[] = []
    const app = express()
    app.use(express.json())
    app.use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
    app.use(((error, _request, response, _next) => {
      failures.push(error)
      response.status(500).end()
    }) as import('express').ErrorRequestHandler)
    const { send } = await serve(app)
    const headers = { 'content-type': 'application/json' }
    expect((await send({ method: 'POST', headers, body: '{}' })).status).toBe(500)
    expect(failures).toMatchObject([
      { code: 'ERR_AUTH_CONFIGURATION', message: expect.stringContaining('body parsers') },
    ])
    expect((await send({ headers })).text).toBe('here')
  })

  test('no method is lost, and those that would show credentials are refused', async () => {
    const seen: unknown[] = []
    const upstream = await serve((request, response) => {
      seen.push(request.method)
      response.end()
    })
    const { send } = await proxied(upstream.url)
    const methods = METHODS.filter((method) => method !== 'CONNECT')
    for (const method of methods) {
      expect((await send({ method })).status, method).toBe(method === 'TRACE' ? 405 : 200)
    }
    expect(seen).toEqual(methods.filter((method) => method !== 'TRACE'))
  })
})

const strategyLayers = () => [{ scheme: 'apiKey', authorize: () => ({ headers: { 'x-carrier-key': SECRET } }) }]

test.each([
  ['deadline', { deadline: 0 }],
  ['timeout', { timeout: 2 ** 31 }],
  ['onError', { onError: 'x' }],
  ['stripp', { stripp: ['x'] }],
  ['strip[0]', { strip: [1] }],
])('a wrong or unknown %s fails at once', (option, options) => {
  const strategy = strategyFor('https://carrier.example')
  expect(() => carrierProxy(strategy, { target: 'https://carrier.example', ...(options as object) })).toThrow(
    expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }),
  )
})
