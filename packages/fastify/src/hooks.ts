import type { IncomingMessage } from 'node:http'
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
  type Verdict,
} from '@auth/core/verify'

/** What a hook reads and sets of a `FastifyRequest`, whatever its generics are. */
interface GuardedRequest {
  readonly raw: object
  identity: Identity | null
}

/** What a hook calls of a `FastifyReply`. */
interface GuardedReply {
  code(status: number): unknown
  header(name: string, value: string | readonly string[]): unknown
  send(payload: Buffer): unknown
}

/** An `onRequest`, `preValidation` or `preHandler` hook. */
export type GuardHook = (request: GuardedRequest, reply: GuardedReply, done: (error?: Error) => void) => void

/** A hook that lets a request through when `policy` accepts it, and else answers. */
export function guardHook(policy: Policy, options: GuardOptions): GuardHook {
  const decide = guard(policy, options)
  const settle = (verdict: Verdict, ...[request, reply, done]: Parameters<GuardHook>): void => {
    if (!verdict.pass) {
      answer(reply, verdict as Refused)
      return
    }
    // On the message of Node, where handlers of Node and middleware of Express find it too.
    rememberVerdict(request.raw, verdict)
    request.identity = findIdentity(request.raw) ?? null
    done()
  }
  const hook: GuardHook = (request, reply, done) => {
    const raw = request.raw as IncomingMessage
    const verdict = decide(inboundRequest(raw, { original: request }), findIdentity(raw))
    if (verdict instanceof Promise) verdict.then((decided) => settle(decided, request, reply, done)).catch(done)
    else settle(verdict, request, reply, done)
  }
  if (options.reportOnly !== true) enforcing.add(hook)
  return hook
}

/** A hook that lets a request through when its identity has all of `scopes`, and else answers 403. */
export function scopeHook(scopes: readonly string[]): GuardHook {
  requireScopes(scopes)
  return (request, reply, done) => {
    const refused = refuseScope(request.raw, scopes)
    if (refused === undefined) done()
    else answer(reply, refused)
  }
}

function answer(reply: GuardedReply, refused: Refused): void {
  const { status, headers, body } = refusalResponse(refused)
  reply.code(status)
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  // Bytes: no response schema or serializer of the route changes them.
  reply.send(Buffer.from(JSON.stringify(body)))
}

const enforcing = new WeakSet<object>()

/** Whether a hook refuses what its policy refuses. */
export const isEnforcing = (hook: object): boolean => enforcing.has(hook)
