import {
  findIdentity,
  type GuardOptions,
  guard,
  type Identity,
  inboundRequest,
  type Policy,
  type Refused,
  refusalResponse,
  refuseScope,
  rememberVerdict,
  requireScopes,
} from '@auth/core/verify'
import type { Context, Middleware } from 'koa'

/** What a guard puts on `ctx.state`. */
export interface AuthState {
  /** Who sent the request; `undefined` where the guard only reports. */
  identity: Identity
}

/**
 * Lets a request through when `policy` accepts it, with `ctx.state.identity`; else answers 401 with challenges, 403,
 * 400, 413, 429, or 503 when it cannot be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no
 * exceptions: put CORS in front. Behind another `requireAuth` it adds its layers to the identity, and answers 403 for
 * another party.
 *
 * @throws ConfigurationError for a wrong option.
 *
 * @example
 * app.use(requireAuth(apiKey({ keys: [{ id, hash, party: 'warehouse' }] })))
 * app.use((ctx) => { ctx.body = ctx.state.identity.party })
 */
export function requireAuth(policy: Policy, options: GuardOptions = {}): Middleware<AuthState> {
  const decide = guard(policy, options)
  return async (ctx, next) => {
    // What mounts an app shortens `req.url`.
    const request = inboundRequest(ctx.req, { url: ctx.originalUrl, original: ctx.request })
    const verdict = await decide(request, findIdentity(ctx.req))
    if (!verdict.pass) return answer(ctx, verdict as Refused)
    rememberVerdict(ctx.req, verdict)
    const identity = findIdentity(ctx.req)
    if (identity !== undefined) ctx.state.identity = identity
    return next()
  }
}

/**
 * Lets a request through when its identity has all of `scopes`, else answers 403 `insufficient_scope` (RFC 6750 section
 * 3.1). Goes after `requireAuth`.
 *
 * @throws ConfigurationError without scopes.
 *
 * @example
 * router.post('/labels', requireAuth(policy), requireScope('labels:write'), createLabel)
 */
export function requireScope(...scopes: string[]): Middleware {
  requireScopes(scopes)
  return async (ctx, next) => {
    const refused = refuseScope(ctx.req, scopes)
    return refused === undefined ? next() : answer(ctx, refused)
  }
}

/** Not `ctx.throw`: Koa's handler of errors would drop the challenges, and what was set before. */
function answer(ctx: Pick<Context, 'status' | 'body' | 'set'>, refused: Refused): void {
  const { status, headers, body } = refusalResponse(refused)
  ctx.status = status
  ctx.body = JSON.stringify(body)
  // Behind the body, which sets a type by itself.
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value as string | string[])
}
