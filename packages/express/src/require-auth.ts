import { ConfigurationError } from '@auth/core'
import {
  type Answer,
  answer,
  type Decision,
  inboundRequest,
  joinIdentities,
  type Policy,
  type Refused,
} from '@auth/core/verify'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { type DecisionListener, reporter } from './decision-event.ts'
import { remember, remembered, rememberRead } from './identity.ts'

export interface RequireAuthOptions {
  /**
   * Answers a refused request in place of the default, for routes whose clients expect a body of their own. `refused`
   * says which layer refused, and why, in the policy's order; `answer` is the status, headers and body that the default
   * would send. What it throws goes to Express' error handlers; the request never reaches the route.
   * Default: {@link sendAnswer}.
   */
  readonly respond?: (refused: Refused, request: Request, response: Response, answer: Answer) => void | Promise<void>
  /** Receives each decision, for an audit log; what it throws is ignored. Default: none. */
  readonly onDecision?: DecisionListener
  /**
   * Lets every request through, and only reports what the decision would have been: to try a policy before it counts.
   * The route is not protected then. Default false.
   */
  readonly reportOnly?: boolean
}

/**
 * Lets a request through when `policy` accepts it; else answers 401 with challenges, 403, 400, 429, or 503 when it cannot
 * be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no exceptions: put CORS in front. Behind
 * another `requireAuth` it adds its layers to the identity, and answers 403 for another party.
 *
 * @throws ConfigurationError for a wrong option.
 */
export function requireAuth(policy: Policy, options: RequireAuthOptions = {}): RequestHandler {
  const { respond = sendAnswer, reportOnly = false } = options
  if (typeof policy?.decide !== 'function') {
    throw new ConfigurationError('policy', 'must be a policy, such as bearer(jwt({ … }))')
  }
  if (typeof respond !== 'function') throw new ConfigurationError('respond', 'must be a function')
  if (typeof reportOnly !== 'boolean') throw new ConfigurationError('reportOnly', 'must be true or false')
  const report = reporter(options.onDecision, reportOnly)

  const settle = (
    decided: Decision,
    request: Request,
    response: Response,
    next: NextFunction,
  ): void | Promise<void> => {
    const decision = besideEarlier(decided, request)
    report?.(decision, request)
    rememberRead(request, decided.reports)
    if (reportOnly) return next()
    if (decision.outcome !== 'authenticated') return respond(decision, request, response, answer(decision))
    remember(request, decision)
    next()
  }
  const handler: RequestHandler = (request, response, next) => {
    const decision = policy.decide(inboundRequest(request))
    return decision instanceof Promise
      ? decision.then((decided) => settle(decided, request, response, next))
      : settle(decision, request, response, next)
  }
  if (!reportOnly) enforcing.add(handler)
  return handler
}

const enforcing = new WeakSet<object>()

/** Whether a handler is a `requireAuth` that refuses what its policy refuses. */
export const isEnforcing = (handler: object): boolean => enforcing.has(handler)

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

/** Two policies one behind the other are both to hold, and for the same party. */
function besideEarlier(decision: Decision, request: Request): Decision {
  const earlier = remembered(request)
  if (earlier === undefined || decision.outcome !== 'authenticated') return decision
  const identity = joinIdentities(earlier.identity, decision.identity)
  return identity === undefined
    ? { outcome: 'party_mismatch', reports: decision.reports, challenges: [] }
    : { ...decision, identity, reports: [...earlier.reports, ...decision.reports] }
}
