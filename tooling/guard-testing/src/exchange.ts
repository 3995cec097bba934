import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { Attack } from './attacks/forge.ts'

/** A response, reduced to what servers must agree on. */
export interface Exchanged {
  /** 0 when the server cut the connection. */
  readonly status: number
  /** Joined by ", ". */
  readonly challenges: string | undefined
  readonly mediaType: string | undefined
  /** Parsed where it is JSON. */
  readonly body: unknown
  readonly cacheControl: string | undefined
  readonly retryAfter: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Sends a request and waits for the whole response. */
export function exchange(port: number, { raw, ...sent }: Omit<Attack, 'name'>): Promise<Exchanged> {
  return raw === undefined ? viaClient(port, sent) : viaSocket(port, raw)
}

function viaClient(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Omit<Attack, 'name' | 'raw'>,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`http://127.0.0.1:${port}${path}`, {
      method,
      // Node sends the body of a GET without its length otherwise.
      headers: {
        ...(headers as Record<string, string | string[]>),
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: false,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve(reduced(response.statusCode ?? 0, response.headersDistinct, text)))
    })
    request.end(body)
  })
}

/** Only the status: what Node's parser refuses is answered before any framework sees it. */
function viaSocket(port: number, bytes: string): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(reduced(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), {}, '')))
  })
}

function reduced(status: number, headers: Record<string, string[] | undefined>, text: string): Exchanged {
  const one = (name: string): string | undefined => headers[name]?.join(', ')
  const mediaType = one('content-type')?.split(';')[0]?.trim()
  return {
    status,
    challenges: one('www-authenticate'),
    mediaType,
    body: mediaType?.endsWith('json') && text !== '' ? JSON.parse(text) : text,
    cacheControl: one('cache-control'),
    retryAfter: one('retry-after'),
    headers,
  }
}
