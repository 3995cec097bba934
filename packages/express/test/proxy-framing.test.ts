// What a client writes on its socket, whatever it is, is one request at the carrier or none.
import { createServer, type Server, type ServerOptions } from 'node:http'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { apiKey as carrierKey, clientCertificate, createStrategy, type Layer } from '@auth/core'
import express from 'express'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { carrierProxy } from '../src/index.ts'
import { authority, type TlsPair } from './support/pki.ts'
import { close, running, serve } from './support/server.ts'

interface Seen {
  readonly line: string
  readonly body: string
  readonly key: string | undefined
  readonly party: string | undefined
  readonly socket: unknown
}

interface Identities {
  readonly ca: string
  readonly server: TlsPair
  readonly a: TlsPair
  readonly b: TlsPair
}

let identities: Identities
beforeAll(async () => {
  const ca = await authority()
  identities = {
    ca: ca.cert,
    server: await ca.issue('CN=localhost', { usage: 'server' }),
    a: await ca.issue('CN=a'),
    b: await ca.issue('CN=b'),
  }
})

/** One app with two proxies, for two accounts at one carrier. */
async function twoProxies(tls: boolean, options: ServerOptions = {}) {
  const seen: Seen[] = []
  const carrier = await serve(
    (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { 'x-carrier-key': key } = request.headers
        seen.push({
          line: `${request.method} ${request.url}`,
          body: String(Buffer.concat(chunks)),
          key: key === undefined ? undefined : String(key),
          party: tls ? (request.socket as TLSSocket).getPeerCertificate().subject?.CN?.toString() : undefined,
          socket: request.socket,
        })
        response.end('ok')
      })
    },
    tls ? { ...identities.server, ca: identities.ca, requestCert: true, rejectUnauthorized: true } : undefined,
  )
  const app = express()
  for (const account of ['a', 'b'] as const) {
    const layers: Layer[] = [carrierKey('x-carrier-key', `key-of-${account}`)]
    if (tls) layers.push(clientCertificate({ ...identities[account], ca: identities.ca }))
    const strategy = createStrategy({ origins: [carrier.url], allowInsecureLoopback: true, layers })
    app.use(`/${account}`, carrierProxy(strategy, { target: carrier.url }))
  }
  const server: Server = createServer(options, app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => close(server))
  return { seen, ...running(server, 'http') }
}

/** Writes the bytes, and resolves with the status of the first answer; 0 when the connection was cut. */
function rawStatus(port: number, bytes: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let text = ''
    const done = (): void => {
      socket.destroy()
      resolve(Number(/HTTP\/1\.1 ([2-5]\d\d)/.exec(text)?.[1] ?? 0))
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (/HTTP\/1\.1 [2-5]\d\d[\s\S]*\r\n\r\n/.test(text)) done()
    })
    socket.on('error', done)
    socket.on('close', done)
  })
}

const SMUGGLED = 'DELETE /forbidden/account HTTP/1.1\r\nHost: h\r\nX-Ignore: '
const LENGTH = `Content-Length: ${SMUGGLED.length}`
const chunked = (extension = '', trailers = ''): string =>
  `${SMUGGLED.length.toString(16)}${extension}\r\n${SMUGGLED}\r\n0\r\n${trailers}\r\n`

/** Header lines, and the body as it goes over the wire. */
type Form = readonly [lines: string, body: string]

const NAMED = [
  'content-length',
  'Content-Length',
  'transfer-encoding',
  'host',
  'authorization',
  'x-api-key',
  'x-carrier-key',
  'cookie',
  'keep-alive',
  'close',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'content-length, transfer-encoding, host, authorization, x-api-key, x-carrier-key, cookie, keep-alive, te, trailer, expect',
  ' ,, content-length ,',
  'content_length',
  '"content-length"',
  'keep-alive\r\nConnection: content-length',
]

const forms: Readonly<Record<string, Form>> = {
  ...Object.fromEntries(
    NAMED.flatMap((names): [string, Form][] => [
      [`Connection: ${names.replace('\r\n', ' / ')}, with a length`, [`Connection: ${names}\r\n${LENGTH}`, SMUGGLED]],
      [
        `Connection: ${names.replace('\r\n', ' / ')}, in chunks`,
        [`Connection: ${names}\r\nTransfer-Encoding: chunked`, chunked()],
      ],
    ]),
  ),
  'Proxy-Connection: content-length': [`Proxy-Connection: content-length\r\n${LENGTH}`, SMUGGLED],
  'Keep-Alive names it': [`Keep-Alive: content-length\r\n${LENGTH}`, SMUGGLED],
  'a length and chunks': [`${LENGTH}\r\nTransfer-Encoding: chunked`, chunked()],
  'chunks and a length': [`Transfer-Encoding: chunked\r\nContent-Length: 4`, chunked()],
  'chunks and a length that Connection names': [
    `Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 0`,
    chunked(),
  ],
  'two lengths': [`Content-Length: 0\r\n${LENGTH}`, SMUGGLED],
  'the same length twice': [`${LENGTH}\r\n${LENGTH}`, SMUGGLED],
  'a list of lengths': [`Content-Length: ${SMUGGLED.length}, ${SMUGGLED.length}`, SMUGGLED],
  'a length with a sign': [`Content-Length: +${SMUGGLED.length}`, SMUGGLED],
  'a length in hex': [`Content-Length: 0x${SMUGGLED.length.toString(16)}`, SMUGGLED],
  'an underscore in the length': [`Content_Length: 0\r\n${LENGTH}`, SMUGGLED],
  'an underscore in the coding': [`Transfer_Encoding: chunked\r\n${LENGTH}`, SMUGGLED],
  'two codings': ['Transfer-Encoding: gzip, chunked', chunked()],
  'chunked twice': ['Transfer-Encoding: chunked, chunked', chunked()],
  'two lines of codings': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', chunked()],
  'an unknown coding': [`Transfer-Encoding: xchunked\r\n${LENGTH}`, SMUGGLED],
  'a coding in capitals': ['Transfer-Encoding: CHUNKED', chunked()],
  'a space before the colon': [`Transfer-Encoding : chunked\r\n${LENGTH}`, SMUGGLED],
  'a folded coding': [`Transfer-Encoding:\r\n chunked`, chunked()],
  'a folded header': [`X-Folded: a\r\n ${LENGTH}\r\n${LENGTH}`, SMUGGLED],
  'a tab before the coding': ['Transfer-Encoding:\tchunked', chunked()],
  'a vertical tab before the coding': ['Transfer-Encoding: \vchunked', chunked()],
  'chunk extensions': ['Transfer-Encoding: chunked', chunked(';a=b;c="d"')],
  trailers: ['Transfer-Encoding: chunked\r\nTrailer: Content-Length', chunked('', 'Content-Length: 3\r\n')],
  'TE: trailers': ['TE: trailers\r\nConnection: te\r\nTransfer-Encoding: chunked', chunked()],
  'Expect: 100-continue': [`Expect: 100-continue\r\n${LENGTH}`, SMUGGLED],
  'Expect: 100-continue that Connection names': [`Connection: expect\r\nExpect: 100-continue\r\n${LENGTH}`, SMUGGLED],
  'Expect: something else': [`Expect: nothing\r\n${LENGTH}`, SMUGGLED],
  'an upgrade': [`Connection: upgrade\r\nUpgrade: websocket\r\n${LENGTH}`, SMUGGLED],
  'an upgrade to h2c': [
    `Connection: Upgrade, HTTP2-Settings, content-length\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n${LENGTH}`,
    SMUGGLED,
  ],
  'no framing at all': ['X-Nothing: here', SMUGGLED],
}

const METHODS = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'PROPFIND', 'QUERY']
// One of each kind: with and without a body by its nature, and one in between.
const LENIENT = ['GET', 'DELETE', 'POST']

describe.each([
  ['plain', false, METHODS, {}],
  ['mutual TLS', true, METHODS, {}],
  ['plain, with a lenient parser', false, LENIENT, { insecureHTTPParser: true }],
])('over %s', (_name, tls, methods, options) => {
  test.each(methods)('%s is one request at the carrier or none, in every form of framing', async (method) => {
    const { seen, port, send } = await twoProxies(tls, options)
    for (const account of ['a', 'b']) {
      expect((await send({ path: `/${account}/warm` })).status).toBe(200)
    }
    for (const version of tls || !LENIENT.includes(method) ? ['1.1'] : ['1.1', '1.0']) {
      for (const [name, [lines, body]] of Object.entries(forms)) {
        seen.length = 0
        const where = `${method} HTTP/${version}, ${name}`
        const bytes = `${method} /a/x HTTP/${version}\r\nHost: h\r\nX-Carrier-Key: mine\r\n${lines}\r\n\r\n${body}`
        const status = await rawStatus(port, bytes)
        // The next ones of both accounts go out on what connections there are.
        expect((await send({ path: '/b/next' })).text, where).toBe('ok')
        expect((await send({ path: '/a/next' })).text, where).toBe('ok')
        const [next, last] = seen.slice(-2)
        expect([next?.line, next?.key, next?.party], where).toEqual(['GET /next', 'key-of-b', tls ? 'b' : undefined])
        expect([last?.line, last?.key, last?.party], where).toEqual(['GET /next', 'key-of-a', tls ? 'a' : undefined])
        const reached = seen.slice(0, -2)
        if (name === 'no framing at all') {
          // What follows is another request of the same client to this server, which does not know its path.
          expect(
            reached.map(({ line, body, key }) => [line, body, key]),
            where,
          ).toEqual([[`${method} /x`, '', 'key-of-a']])
        } else if (status === 200) {
          expect(
            reached.map(({ line, body, key }) => [line, body, key]),
            where,
          ).toEqual([[`${method} /x`, SMUGGLED, 'key-of-a']])
        } else {
          expect(
            reached.map(({ line }) => line),
            where,
          ).toEqual([])
          expect([0, 400, 417, 501], where).toContain(status)
        }
      }
    }
  })

  test('no connection to the carrier serves two proxies', async () => {
    const { seen, send } = await twoProxies(tls, options)
    for (let i = 0; i < 3; i++) for (const account of ['a', 'b']) await send({ path: `/${account}/` })
    const socketsOf = (key: string) => new Set(seen.filter((one) => one.key === key).map(({ socket }) => socket))
    const [a, b] = [socketsOf('key-of-a'), socketsOf('key-of-b')]
    expect([a.size, b.size]).toEqual([1, 1])
    expect([...a].some((socket) => b.has(socket))).toBe(false)
  })

  test('a request that stops within its body reaches the carrier as no request', async () => {
    const { seen, port, send } = await twoProxies(tls, options)
    for (const body of [`${LENGTH}\r\n\r\n${SMUGGLED.slice(0, -5)}`, `Transfer-Encoding: chunked\r\n\r\n5\r\nabc`]) {
      const socket = connect(port, '127.0.0.1')
      socket.write(`POST /a/x HTTP/1.1\r\nHost: h\r\n${body}`)
      await new Promise((resolve) => setImmediate(resolve))
      socket.destroy()
    }
    await send({ path: '/a/next' })
    expect(seen.map(({ line }) => line)).toEqual(['GET /next'])
  })
})

test('pipelined requests are answered in turn, each with its own', async () => {
  const { seen, port } = await twoProxies(false)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /a/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /b/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  expect(seen.map(({ line, key }) => [line, key]).sort()).toEqual([
    ['GET /1', 'key-of-a'],
    ['GET /2', 'key-of-b'],
  ])
})
