import type { ServerResponse } from 'node:http'
import { AuthError, CredentialsRejectedError, TokenEndpointError } from '@auth/core/errors'

interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly code: string
  /** Seconds. */
  readonly retryAfter?: number
}

/** What the client is told when there is no answer of the carrier: nothing of credentials, addresses or causes. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CredentialsRejectedError) {
    return badGateway('carrier_credentials_rejected', 'The carrier does not accept this server’s credentials.')
  }
  if (error instanceof TokenEndpointError && error.code !== 'ERR_AUTH_TOKEN_RESPONSE_INVALID') {
    const wait = error.retryAt === undefined ? undefined : Math.max(1, Math.ceil((error.retryAt - Date.now()) / 1000))
    return {
      status: 503,
      title: 'Service Unavailable',
      detail: 'There is no access token for the carrier at the moment.',
      code: 'carrier_token_unavailable',
      ...(wait !== undefined && { retryAfter: wait }),
    }
  }
  if (error instanceof AuthError) {
    return badGateway('carrier_credentials_unavailable', 'The request could not be authenticated to the carrier.')
  }
  if (error instanceof CarrierTimeout) {
    return {
      status: 504,
      title: 'Gateway Timeout',
      detail: 'The carrier did not answer in time.',
      code: 'carrier_timeout',
    }
  }
  if (error instanceof ClientTimeout) {
    return {
      status: 408,
      title: 'Request Timeout',
      detail: 'The body of the request did not arrive in time.',
      code: 'request_timeout',
    }
  }
  if (error instanceof FramingMismatch || hasCode(error, 'ERR_INVALID_CHAR')) return badRequest
  if (error instanceof CarrierProtocolError) {
    return badGateway('carrier_answer_invalid', 'The carrier did not answer in a way that can be passed on.')
  }
  return badGateway('carrier_unreachable', 'The carrier could not be reached.')
}

export const methodNotAllowed: Problem = {
  status: 405,
  title: 'Method Not Allowed',
  detail: 'This is not forwarded.',
  code: 'method_not_allowed',
}

export const badRequest: Problem = {
  status: 400,
  title: 'Bad Request',
  detail: 'The path or the framing of the request is not forwarded.',
  code: 'not_forwarded',
}

/** Sends a problem (RFC 9457), or cuts an answer off that has begun. */
export function sendProblem(response: ServerResponse, { retryAfter, ...problem }: Problem): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = problem.status
  response.setHeader('content-type', 'application/problem+json')
  response.setHeader('cache-control', 'no-store')
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
  response.end(JSON.stringify({ type: 'about:blank', ...problem }))
}

/** The carrier did not answer, or did not go on, for as long as the options allow. */
export class CarrierTimeout extends Error {
  override readonly name = 'CarrierTimeout'
  constructor() {
    super('the carrier did not answer in time')
  }
}

/** The client did not send its body for as long as the options allow. */
export class ClientTimeout extends Error {
  override readonly name = 'ClientTimeout'
  constructor() {
    super('the client did not send its body in time')
  }
}

/** The body is longer or shorter than its framing says. */
export class FramingMismatch extends Error {
  override readonly name = 'FramingMismatch'
  constructor() {
    super('the body of the request is not as long as its Content-Length says')
  }
}

/** The carrier answered with what no proxy can pass on. */
export class CarrierProtocolError extends Error {
  override readonly name = 'CarrierProtocolError'
}

const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'code') === code

function badGateway(code: string, detail: string): Problem {
  return { status: 502, title: 'Bad Gateway', detail, code }
}
