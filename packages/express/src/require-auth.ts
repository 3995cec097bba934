import { ConfigurationError } from '@auth/core'
import {
  type Answer,
  answer,
  type Decision,
  type Identity,
  inboundRequest,
  type Policy,
  type Refused,
} from '@auth/core/verify'
import type { Request, RequestHandler, Response } from 'express'
import { remember } from './identity.ts'

export interface RequireAuthOptions {
  /**
   * Answers a refused request in place of the default, for routes whose clients expect a body of their own. `refused`
   * says which layer refused, and why, in the policy's order; `answer` is the status, headers and body that the default
   * would send. What it throws goes to Express' error handlers; the request never reaches the route.
   * Default: {@link sendAnswer}.
   */
  readonly respond?: (refused: Refused, request: Request, response: Response, answer: Answer) => void | Promise<void>
}

/**
 * Lets a request through when `policy` accepts it; else answers 401 with challenges, 403, 400, 429, or 503 when it cannot
 * be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no exceptions: put CORS in front.
 *
 * @throws ConfigurationError when `policy` is none.
 */
export function requireAuth(policy: Policy, options: RequireAuthOptions = {}): RequestHandler {
  const { respond = sendAnswer } = options
  if (typeof policy?.decide !== 'function') {
    throw new ConfigurationError('policy', 'must be a policy, such as bearer(jwt({ … }))')
  }
  if (typeof respond !== 'function') throw new ConfigurationError('respond', 'must be a function')

  return (request, response, next) => {
    const apply = (decision: Decision): void | Promise<void> => {
      if (decision.outcome !== 'authenticated') return respond(decision, request, response, answer(decision))
      remember(request, decision.identity satisfies Identity)
      next()
    }
    const decision = policy.decide(inboundRequest(request))
    return decision instanceof Promise ? decision.then(apply) : apply(decision)
  }
}

/** Sends an answer as it is: the default of `respond`, for those who only add to it. */
export function sendAnswer(
  _refused: Refused,
  _request: Request,
  response: Response,
  { status, headers, body }: Answer,
): void {
  response.status(status)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(JSON.stringify(body))
}
