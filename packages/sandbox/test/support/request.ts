import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The members of a JSON body. */
  readonly json: Record<string, unknown>
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** One request on a connection of its own. */
export async function request(url: string, { body, ...options }: RequestOptions = {}): Promise<Reply> {
  const outgoing = httpsRequest(url, { agent: false, ...options })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as Record<string, unknown>
    },
  }
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export function basicAuth(username: string, password: string, charset: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(`${username}:${password}`, charset).toString('base64')}`
}

export function form(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString()
}
