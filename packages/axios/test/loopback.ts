import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'

/** A request as it arrived. */
export interface Arrival {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Common name of the client certificate, if one was presented. */
  readonly certificate: string | undefined
}

export interface Loopback {
  readonly origin: string
  readonly arrivals: Arrival[]
}

export type Answer = (arrival: Arrival, response: ServerResponse, count: number) => void

/** A server on a loopback port that records what arrives, for the length of the current test. */
export async function loopback(answer: Answer, tls?: ServerOptions): Promise<Loopback> {
  const arrivals: Arrival[] = []
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const certificate = tls && (request.socket as TLSSocket).getPeerCertificate()?.subject?.CN
    const arrival: Arrival = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('latin1'),
      certificate: typeof certificate === 'string' ? certificate : undefined,
    }
    arrivals.push(arrival)
    answer(arrival, response, arrivals.length)
  }
  const server = tls === undefined ? createServer(listener) : createHttpsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, arrivals }
}

export const ok: Answer = (arrival, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ path: arrival.url }))
}

/** Answers 401 to everything but the given Authorization. */
export const accepting =
  (authorization: string): Answer =>
  (arrival, response, count) => {
    if (arrival.headers.authorization === authorization) return ok(arrival, response, count)
    response
      .writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' })
      .end('{"refused":true}')
  }

export const redirecting =
  (status: number, location: string | (() => string)): Answer =>
  (_, response) => {
    response.writeHead(status, { location: typeof location === 'string' ? location : location() }).end()
  }
