import type { RequestListener } from 'node:http'
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import { createServer as createTlsServer, request as httpsRequest, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test expects it to be
  readonly json: any
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  /** A list sends one line for each value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string }
}

export interface Running {
  readonly url: string
  readonly port: number
  send(request?: Sent): Promise<Answered>
}

/** Serves `listener` on loopback until the test is over. */
export async function serve(listener: RequestListener, tls?: ServerOptions): Promise<Running> {
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => close(server))
  return running(server, tls === undefined ? 'http' : 'https')
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

export function running(server: Server, protocol: 'http' | 'https'): Running {
  const { port } = server.address() as AddressInfo
  const url = `${protocol}://localhost:${port}`
  return { url, port, send: (request) => send(url, request) }
}

function send(url: string, { method = 'GET', path = '/', headers = {}, body, tls }: Sent = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https') ? httpsRequest : httpRequest)(url + path, {
      method,
      headers: headers as Record<string, string | string[]>,
      agent: false,
      ...tls,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          get json() {
            return JSON.parse(text)
          },
        })
      })
      response.on('error', reject)
    })
    request.end(body)
  })
}
