import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { apiKey, createStrategy, type Layer, type Strategy } from '@auth/core'
import { onTestFinished } from 'vitest'

export const SECRET = 'the-secret-of-the-carrier'

export const strategyFor = (origin: string, ...layers: Layer[]): Strategy =>
  createStrategy({
    origins: [origin],
    allowInsecureLoopback: true,
    layers: layers.length > 0 ? layers : [apiKey('x-carrier-key', SECRET)],
  })

/** Answers with what arrived. */
export const echo: RequestListener = (request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })
}

/** A carrier that speaks no HTTP but what the test writes; resolves with its origin. */
export async function rawCarrier(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** What the server answers to these bytes, which no client would send, until it closes the connection. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes, 'latin1')
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

export const rawGet = (port: number, path: string): Promise<string> =>
  raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
