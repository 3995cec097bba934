import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import { onTestFinished } from 'vitest'

export interface Fetching {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
}

/** Serves an app on loopback. */
export async function listen({ fetch }: Fetching): Promise<{ port: number; close(): Promise<void> }> {
  const server = await new Promise<Server>((resolve) => {
    const created = serveHono({ fetch: fetch as never, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(created),
    ) as Server
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  /** A list sends one line for each value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

export type Send = (sent?: Sent) => Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>

/** Serves an app until the test is over. */
export async function serving(app: Fetching): Promise<{ url: string; send: Send }> {
  const { port, close } = await listen(app)
  onTestFinished(close)
  const url = `http://127.0.0.1:${port}`
  const send: Send = ({ method = 'GET', path = '/', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { method, headers: headers as Record<string, string | string[]>, agent: false as const }
      const request = httpRequest(url + path, options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end(body)
    })
  return { url, send }
}
