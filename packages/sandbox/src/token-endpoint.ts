import type { RequestHandler } from 'express'
import { type BasicCredentials, readBasic } from './basic.ts'
import { misbehave } from './faults.ts'
import type { Recorder } from './recorder.ts'
import { type Answer, json, oauthError, send } from './response.ts'

/** A token request, read but not judged. */
export interface TokenRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly query: URLSearchParams
  /** The body's parameters; none unless the Content-Type says form. */
  readonly form: URLSearchParams
  readonly authorization: string | undefined
  /** Reads HTTP Basic; `undefined` for anything else. */
  basic(charset?: BufferEncoding): BasicCredentials | undefined
}

const FORM = 'application/x-www-form-urlencoded'
const MAX_BODY_BYTES = 64 * 1024

/**
 * A token endpoint: reads the request, lets the carrier judge it, and writes the answer with its members in the
 * carrier's order.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export function tokenEndpoint(
  { counters, observe, nextTokenFault }: Recorder,
  judge: (request: TokenRequest) => Answer | Promise<Answer>,
): RequestHandler {
  return async (request, response) => {
    counters.tokenRequests += 1
    response.on('finish', () => {
      if (response.statusCode >= 400) counters.tokenFailures += 1
    })
    response.setHeader('cache-control', 'no-store')
    const body = await readBody(request)
    observe(request, 'token', body)
    const fault = nextTokenFault()
    if (fault !== undefined && typeof fault !== 'function') return misbehave(response, fault)
    if (request.method !== 'POST') {
      return send(response, json(405, { error: 'method_not_allowed' }, { allow: 'POST' }))
    }
    const answer = await judged(request, body, judge)
    send(response, fault === undefined ? answer : fault(answer))
  }
}

function judged(
  request: Parameters<RequestHandler>[0],
  body: string,
  judge: (request: TokenRequest) => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  const authorization = request.headers.authorization
  const isForm = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === FORM
  const query = new URL(request.originalUrl, 'https://localhost').searchParams
  const form = new URLSearchParams(isForm ? body : '')
  const repeated = [...form.keys()].find((name, i, names) => names.indexOf(name) !== i)
  if (repeated !== undefined) return oauthError(400, 'invalid_request', `repeated parameter: ${repeated}`)
  return judge({
    path: request.path,
    headers: request.headers,
    query,
    form,
    authorization,
    basic: (charset) => readBasic(authorization, charset),
  })
}

async function readBody(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    // Read to its end, so that the connection stays usable, but not kept.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : ''
}
