import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Loopback {
  readonly origin: string
  /** Requests so far, as `METHOD path`. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
  close(): Promise<void>
}

export type Answer = (request: IncomingMessage & { body: string }, response: ServerResponse) => void | Promise<void>

/** A plain HTTP server on a free loopback port; it closes when the test has finished. */
export async function loopback(answer: Answer): Promise<Loopback> {
  const requests: Loopback['requests'] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body })
    await answer(Object.assign(request, { body }), response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(close)
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close }
}

/** Answers as a token endpoint does. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
