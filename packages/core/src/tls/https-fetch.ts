import type { IncomingMessage } from 'node:http'
import type { AgentOptions } from 'node:https'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { builtin } from '../runtime/builtin.ts'
import { secureContextOf } from './secure-context.ts'

/**
 * A `fetch` for token requests that trusts further anchors or presents a certificate, which the global one cannot be
 * told. It follows no redirect and keeps no connection: a token is requested once an hour. Its sockets do not keep the
 * process alive.
 *
 * @throws ConfigurationError outside Node.
 */
export function httpsFetch(identity: TlsIdentity): typeof globalThis.fetch {
  const https = builtin('node:https')
  if (https === undefined) throw new ConfigurationError('ca', 'needs Node; pass a `fetch` of your own instead')
  // The types of an agent's options leave out what it hands on to tls.connect.
  const agent = new https.Agent({ keepAlive: false, secureContext: secureContextOf(identity) } as AgentOptions)

  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const body = typeof init.body === 'string' ? init.body : ''
      const length = String(new TextEncoder().encode(body).byteLength)
      const headers = { 'content-length': length, ...Object.fromEntries(new Headers(init.headers)) }
      const request = https.request(
        String(input),
        { agent, method: init.method ?? 'GET', headers, ...(init.signal && { signal: init.signal }) },
        (message) => {
          try {
            resolve(responseOf(message))
          } catch (error) {
            // What fetch cannot express, such as a status of 999. Thrown here it would end the process.
            message.destroy()
            reject(error)
          }
        },
      )
      request.on('error', reject)
      request.on('socket', (socket) => socket.unref())
      request.end(body)
    })
}

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers()
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] as string, message.rawHeaders[i + 1] as string)
  }
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      message.on('data', (chunk: Uint8Array) => controller.enqueue(new Uint8Array(chunk)))
      message.on('end', () => controller.close())
      message.on('error', (error) => controller.error(error))
    },
    cancel() {
      message.destroy()
    },
  })
  const status = message.statusCode ?? 500
  return new Response([101, 204, 205, 304].includes(status) ? null : stream, { status, headers })
}
