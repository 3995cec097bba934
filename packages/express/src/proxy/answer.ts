import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { Credentials } from '@auth/core'
import { ledBack, type Mount } from './references.ts'
import { responseHeaders } from './response-headers.ts'
import { tracesOf } from './traces.ts'

export interface PassedOn {
  readonly answer: IncomingMessage
  readonly response: ServerResponse
  /** What was attached: no header shows it to the client. */
  readonly credentials: Credentials
  /** The URL that the answer's relative references are relative to. */
  readonly requested: URL
  readonly mount: Mount
}

/** Sends the head at once, and the body as it comes; what breaks off is broken off. */
export function passOn({ answer, response, credentials, requested, mount }: PassedOn): void {
  const shows = tracesOf(credentials)
  const headers = responseHeaders(answer, response.getHeaders(), {
    lead: (reference) => ledBack(reference, requested, mount, shows),
    shows,
  })
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
  response.statusCode = answer.statusCode ?? 502
  response.flushHeaders()
  pipeline(answer, response, () => {})
}

/** Reads and drops the little that is left of an answer, so that its connection can be used again. */
export function discard(answer: IncomingMessage): void {
  if (Number(answer.headers['content-length']) <= LITTLE) answer.resume()
  else answer.destroy()
}

const LITTLE = 16_384

/**
 * Reads on what a client still sends after its answer, without which it might never see that answer, and cuts it off
 * `ms` after the answer has gone.
 */
export function releaseUpload(request: IncomingMessage, response: ServerResponse, ms: number): void {
  if (request.complete) return
  const linger = (): void => {
    if (request.complete) return
    request.resume()
    const timer = setTimeout(() => request.socket.destroy(), ms).unref()
    request.once('end', () => clearTimeout(timer))
    request.once('close', () => clearTimeout(timer))
  }
  if (response.writableFinished) linger()
  else response.once('finish', linger)
}
