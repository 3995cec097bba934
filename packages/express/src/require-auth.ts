import { callable } from '@auth/core/options'
import {
  findIdentity,
  type GuardOptions,
  guard,
  inboundRequest,
  type Policy,
  type RefusalResponse,
  type Refused,
  refusalResponse,
  rememberVerdict,
  type Verdict,
} from '@auth/core/verify'
import type { Request, Response } from 'express'
import type { RouteHandler } from './handler.ts'

export interface RequireAuthOptions extends GuardOptions {
  /**
   * Answers a refused request in place of the default, for routes whose clients expect a body of their own. `refused`
   * says which layer refused, and why, in the policy's order; `answer` is the status, headers and body that the default
   * would send. What it throws goes to Express' error handlers; the request never reaches the route.
   * Default: {@link sendAnswer}.
   */
  readonly respond?:
    | ((refused: Refused, request: Request, response: Response, answer: RefusalResponse) => void | Promise<void>)
    | undefined
}

/**
 * Lets a request through when `policy` accepts it; else answers 401 with challenges, 403, 400, 429, or 503 when it cannot
 * be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no exceptions: put CORS in front. Behind
 * another `requireAuth` it adds its layers to the identity, and answers 403 for another party.
 *
 * @throws ConfigurationError for a wrong option.
 *
 * @example
 * app.use('/labels', requireAuth(apiKey({ keys: [{ id, hash, party: 'warehouse' }] })))
 */
export function requireAuth(policy: Policy, options: RequireAuthOptions = {}): RouteHandler {
  const { respond = sendAnswer, ...further } = options
  callable(respond, 'respond')
  const decide = guard(policy, further)

  const settle = (verdict: Verdict, ...[request, response, next]: Parameters<RouteHandler>): void | Promise<void> => {
    if (verdict.pass) {
      rememberVerdict(request, verdict)
      return next()
    }
    const refused = verdict as Refused
    return respond(refused, request as Request, response as Response, refusalResponse(refused))
  }
  const handler: RouteHandler = (request, response, next) => {
    const verdict = decide(inboundRequest(request), findIdentity(request))
    const settled =
      verdict instanceof Promise
        ? verdict.then((decided) => settle(decided, request, response, next))
        : settle(verdict, request, response, next)
    // Express 4 listens to no promise: what `respond` rejects with would end the process.
    return settled?.catch(next)
  }
  if (options.reportOnly !== true) enforcing.add(handler)
  return handler
}

const enforcing = new WeakSet<object>()

/** Whether a handler is a `requireAuth` that refuses what its policy refuses. */
export const isEnforcing = (handler: object): boolean => enforcing.has(handler)

/** Sends a response as it is: the default of `respond`, for those who only add to it. */
export function sendAnswer(
  _refused: Refused,
  _request: Request,
  response: Response,
  { status, headers, body }: RefusalResponse,
): void {
  response.status(status)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(JSON.stringify(body))
}
