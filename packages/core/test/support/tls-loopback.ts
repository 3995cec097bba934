import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Answer, Loopback } from './loopback.ts'

export interface TlsLoopback extends Loopback {
  /** SHA-256 fingerprints of the client certificates that were presented, one a request. */
  readonly presented: (string | undefined)[]
}

/** As `loopback`, over TLS. */
export async function tlsLoopback(options: ServerOptions, answer: Answer): Promise<TlsLoopback> {
  const requests: Loopback['requests'] = []
  const presented: (string | undefined)[] = []
  const server = createServer(options, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body })
    presented.push((request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256)
    await answer(Object.assign(request, { body }), response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(close)
  return { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, presented, close }
}
