import { AuthError, CredentialsRejectedError, TokenEndpointError } from '@auth/core'
import type { Response } from 'express'

interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly code: string
  /** Seconds. */
  readonly retryAfter?: number
}

/** What the client is told when the carrier's answer cannot be had: nothing of credentials, addresses or causes. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CredentialsRejectedError) {
    return badGateway('carrier_credentials_rejected', 'The carrier does not accept this server’s credentials.')
  }
  if (error instanceof TokenEndpointError && error.code !== 'ERR_AUTH_TOKEN_RESPONSE_INVALID') {
    const wait = error.retryAt === undefined ? undefined : Math.max(1, Math.ceil((error.retryAt - Date.now()) / 1000))
    return {
      status: 503,
      title: 'Service Unavailable',
      detail: 'No access token for the carrier is to be had at the moment.',
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
export function sendProblem(response: Response, { retryAfter, ...problem }: Problem): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.status(problem.status)
  response.setHeader('content-type', 'application/problem+json')
  response.setHeader('cache-control', 'no-store')
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
  response.end(JSON.stringify({ type: 'about:blank', ...problem }))
}

/** The carrier sent nothing for as long as was to be waited. */
export class CarrierTimeout extends Error {
  constructor() {
    super('the carrier did not answer in time')
    this.name = 'CarrierTimeout'
  }
}

function badGateway(code: string, detail: string): Problem {
  return { status: 502, title: 'Bad Gateway', detail, code }
}
