import type { IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Identity } from '@auth/sandbox/pki'

/** A request as it came over the wire. */
export interface Received {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Common name of the client certificate, where one was presented. */
  readonly certificate: string | undefined
  /** Number of the connection it came over, from 1. */
  readonly connection: number
}

export interface Reply {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | Readable
}

export type Handler = (request: Received) => Reply | Promise<Reply>

/** An https server on loopback that keeps what it receives; client certificates are asked for, never demanded. */
export interface TestServer {
  readonly origin: string
  readonly received: Received[]
  /** How many TLS connections were opened. */
  readonly connections: number
  onRequest(handler: Handler): void
  /** Forgets requests and handler. */
  clear(): void
  /** Breaks every connection off. */
  drop(): void
  close(): Promise<void>
}

const OK: Handler = () => ({ body: 'ok' })

export async function testServer(identity: Identity, clientCa: string): Promise<TestServer> {
  const received: Received[] = []
  const numbers = new WeakMap<object, number>()
  let connections = 0
  let handler = OK
  const server = https.createServer({ ...identity, ca: clientCa, requestCert: true, rejectUnauthorized: false })
  server.on('secureConnection', (socket) => {
    connections += 1
    numbers.set(socket, connections)
  })
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      // Broken off by the client: nothing was received, and nobody is there to answer.
      return
    }
    const socket = request.socket as TLSSocket
    const message: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
      // Without a certificate a resumed session counts as authorized on Node 22.
      certificate: socket.authorized ? socket.getPeerX509Certificate()?.subject.match(/CN=(.*)/)?.[1] : undefined,
      connection: numbers.get(socket) ?? 0,
    }
    received.push(message)
    const { status = 200, headers = {}, body = '' } = await handler(message)
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
    } else {
      response.writeHead(status, headers)
      body.pipe(response)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connections() {
      return connections
    },
    onRequest(next) {
      handler = next
    },
    clear() {
      received.length = 0
      handler = OK
    },
    drop: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
