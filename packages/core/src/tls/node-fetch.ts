import type { AgentOptions as HttpAgentOptions, IncomingMessage, RequestOptions } from 'node:http'
import type { AgentOptions } from 'node:https'
import type { Readable, Transform } from 'node:stream'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { builtin } from '../runtime/builtin.ts'
import type { ProxyEnvironment } from '../runtime/proxy-environment.ts'
import { secureContextOf } from './secure-context.ts'

export interface NodeFetchOptions {
  /** Further anchors to trust, a certificate to present. */
  identity?: TlsIdentity | undefined
  /** Where the way out leads through a proxy, and what does not. */
  proxy?: ProxyEnvironment | undefined
}

/**
 * A `fetch` for token requests that need what the global one cannot be told: trust anchors, a certificate, the proxy of
 * the environment. It decodes what the server has encoded, says who it is and follows no redirect, as the global one
 * with `redirect: 'manual'`. It keeps no connection: a token is requested once an hour. Its sockets do not keep the
 * process alive.
 *
 * Node's own modules, because undici would be 535 kB in every bundle.
 *
 * @throws ConfigurationError outside Node.
 */
export function nodeFetch({ identity, proxy }: NodeFetchOptions): typeof globalThis.fetch {
  const https = builtin('node:https')
  const http = builtin('node:http')
  if (https === undefined || http === undefined) {
    throw new ConfigurationError('ca', 'needs Node; pass a `fetch` of your own instead')
  }
  const common: HttpAgentOptions & { proxyEnv?: ProxyEnvironment } = {
    keepAlive: false,
    ...(proxy && { proxyEnv: proxy }),
  }
  // The types of an agent's options leave out what it hands on to tls.connect.
  const secure = { ...common, ...(identity && { secureContext: secureContextOf(identity) }) } as AgentOptions
  const agents = { 'https:': new https.Agent(secure), 'http:': new http.Agent({ keepAlive: false }) }

  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(String(input))
      const { method = 'GET', signal } = init
      const body = typeof init.body === 'string' ? init.body : ''
      const headers: Record<string, string> = {
        // What the global fetch of Node says: edges turn away those who say nothing.
        'user-agent': 'node',
        'accept-encoding': 'gzip, deflate, br',
        ...(method !== 'GET' && { 'content-length': String(new TextEncoder().encode(body).byteLength) }),
        ...Object.fromEntries(new Headers(init.headers)),
      }
      const plain = url.protocol === 'http:'
      const options: RequestOptions = {
        agent: agents[plain ? 'http:' : 'https:'],
        method,
        headers,
        ...(signal && { signal }),
      }
      const request = (plain ? http : https).request(url, options, (message) => {
        try {
          resolve(responseOf(message))
        } catch (error) {
          // What fetch cannot express, such as a status of 999. Thrown here it would end the process.
          message.destroy()
          reject(error)
        }
      })
      request.on('error', reject)
      request.on('socket', (socket) => socket.unref())
      request.end(body)
    })
}

const WITHOUT_BODY = [101, 204, 205, 304]

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers()
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] as string, message.rawHeaders[i + 1] as string)
  }
  const status = message.statusCode ?? 500
  const decoders = WITHOUT_BODY.includes(status) ? [] : decodersFor(headers.get('content-encoding'))
  const stream = webStream(decoded(message, decoders))
  return new Response(WITHOUT_BODY.includes(status) ? null : stream, { status, headers })
}

/** Reads when it is asked to, so that no more is decoded than the reader takes. */
function webStream(stream: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next()
      if (next.done) controller.close()
      else controller.enqueue(new Uint8Array(next.value))
    },
    cancel() {
      stream.destroy()
    },
  })
}

function decoded(message: IncomingMessage, decoders: readonly Transform[]): Readable {
  const last = decoders.at(-1)
  if (last === undefined) return message
  // An error reaches the last stream, which is the one that is read.
  builtin('node:stream')?.pipeline([message, ...decoders], () => {})
  return last
}

/** What undoes the codings, the last first; nothing where one is unknown, as with the global fetch. */
function decodersFor(contentEncoding: string | null): Transform[] {
  const zlib = builtin('node:zlib')
  const codings = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter(Boolean)
  const makers: Readonly<Record<string, (() => Transform) | undefined>> = {
    gzip: zlib?.createGunzip,
    'x-gzip': zlib?.createGunzip,
    deflate: zlib?.createInflate,
    br: zlib?.createBrotliDecompress,
    // Node 22.15 and later.
    zstd: zlib?.createZstdDecompress,
  }
  const decoders = codings.reverse().map((coding) => (Object.hasOwn(makers, coding) ? makers[coding]?.() : undefined))
  return decoders.every((decoder) => decoder !== undefined) ? decoders : []
}
