// An API in a process of its own, with a listener for each contender: `fork` it, and ask by messages.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** Which listener to open. */
export interface ListenerOptions {
  /** The only Authorization header that is answered with 200. */
  readonly authorization: string
  /** PEM; with it the listener speaks TLS and demands a client certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
}

export interface ListenerCounters {
  requests: number
  refused: number
  connections: number
  /** TLS handshakes with certificates and signatures; resumed ones do without. */
  fullHandshakes: number
  resumed: number
}

export type ApiQuestion = { readonly open: ListenerOptions } | { readonly counters: number }

/** To `open`, and to `counters`, which names a port. */
export type ApiAnswer = { readonly port: number; readonly counters: ListenerCounters }

const BODY = JSON.stringify({ id: 'shp_0123456789', status: 'created', labels: ['https://labels.example/1.pdf'] })
const OK = { 'content-type': 'application/json', 'content-length': BODY.length }

const listeners = new Map<number, ListenerCounters>()

process.on('message', async (question: ApiQuestion & { readonly id: number }) => {
  const port = 'open' in question ? await open(question.open) : question.counters
  const counters = listeners.get(port) as ListenerCounters
  process.send?.({ id: question.id, port, counters: { ...counters } } satisfies ApiAnswer & { id: number })
})
process.once('disconnect', () => process.exit())

async function open({ authorization, tls }: ListenerOptions): Promise<number> {
  const counters: ListenerCounters = { requests: 0, refused: 0, connections: 0, fullHandshakes: 0, resumed: 0 }
  const answer: RequestListener = (request, response) => {
    counters.requests++
    request.resume()
    if (request.headers.authorization === authorization) {
      response.writeHead(200, OK).end(BODY)
    } else {
      counters.refused++
      response.writeHead(401).end()
    }
  }
  const server: Server =
    tls === undefined
      ? createServer({ keepAliveTimeout: 60_000 }, answer)
      : createTlsServer({ keepAliveTimeout: 60_000, requestCert: true, rejectUnauthorized: true, ...tls }, answer)
  server.on('connection', (socket: Socket) => {
    counters.connections++
    socket.setNoDelay()
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.isSessionReused()) counters.resumed++
    else counters.fullHandshakes++
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  listeners.set(port, counters)
  return port
}
