import type { X509Certificate } from 'node:crypto'
import { callable } from '@auth/core/options'
import {
  type ConnectionDetails,
  findIdentity,
  type GuardOptions,
  guard,
  type Identity,
  type Policy,
  type Refused,
  rememberVerdict,
  type Verdict,
} from '@auth/core/verify'
import type { Context, MiddlewareHandler } from 'hono'
import { reduce } from './inbound.ts'
import { answer } from './refusal.ts'

export interface RequireAuthOptions extends GuardOptions {
  /**
   * Address of the connection, such as `(c) => getConnInfo(c).remote.address`. Default: on Node that of the socket,
   * elsewhere none, and then failed attempts count by credential alone.
   */
  readonly remoteAddress?: ((c: Context) => string | undefined) | undefined
  /**
   * The client's certificate, verified by the server; `null` when it presented none, `undefined` when that is not known.
   * Default: on Node that of the socket, elsewhere `undefined`.
   */
  readonly peerCertificate?: ((c: Context) => X509Certificate | null | undefined) | undefined
}

/**
 * Lets a request through when `policy` accepts it; else answers 401 with challenges, 403, 400, 413, 429, or 503 when it
 * cannot be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no exceptions: put CORS in front.
 * Behind another `requireAuth` it adds its layers to the identity, and answers 403 for another party. What
 * `remoteAddress` or `peerCertificate` throws is a 503.
 *
 * @throws ConfigurationError for a wrong option.
 *
 * @example
 * const app = new Hono()
 *   .use('/labels/*', requireAuth(apiKey({ keys: [{ id, hash, party: 'warehouse' }] })))
 *   .get('/labels/:id', (c) => c.json(c.var.identity.party))
 */
export function requireAuth(
  policy: Policy,
  options: RequireAuthOptions & { readonly reportOnly: true },
): MiddlewareHandler<{ Variables: { identity: Identity | undefined } }>
export function requireAuth(
  policy: Policy,
  options?: RequireAuthOptions,
): MiddlewareHandler<{ Variables: { identity: Identity } }>
export function requireAuth(policy: Policy, options: RequireAuthOptions = {}): MiddlewareHandler {
  const { remoteAddress, peerCertificate, ...further } = options
  callable(remoteAddress, 'remoteAddress')
  callable(peerCertificate, 'peerCertificate')
  const decide = guard(policy, further)
  const undecided = guard({ layers: policy.layers, decide: () => UNREADABLE }, further)

  const detailsOf = (c: Context): ConnectionDetails => ({
    ...(remoteAddress !== undefined && { remoteAddress: remoteAddress(c) }),
    ...(peerCertificate !== undefined && { peerCertificate: peerCertificate(c) }),
  })
  const decideAbout = (c: Context): Verdict | Promise<Verdict> => {
    let details: ConnectionDetails
    try {
      details = detailsOf(c)
    } catch {
      return undecided(reduce(c, {}), findIdentity(c))
    }
    return decide(reduce(c, details), findIdentity(c))
  }
  const handler: MiddlewareHandler = async (c, next) => {
    const verdict = await decideAbout(c)
    if (!verdict.pass) return answer(c, verdict as Refused)
    rememberVerdict(c, verdict)
    const identity = findIdentity(c)
    if (identity !== undefined) c.set('identity', identity)
    return next()
  }
  if (options.reportOnly !== true) enforcing.add(handler)
  return handler
}

/** The application's own function has failed: nobody knows what it would have said. */
const UNREADABLE: Refused = {
  outcome: 'undecided',
  reports: [
    {
      layer: 'connection',
      outcome: 'undecided',
      reason: 'unavailable',
      via: 'connection',
      detail: 'remoteAddress or peerCertificate threw an error',
    },
  ],
  challenges: [],
  retryAfter: 1,
}

const enforcing = new WeakSet<object>()

/** Whether a handler is a `requireAuth` that refuses what its policy refuses. */
export const isEnforcing = (handler: object): boolean => enforcing.has(handler)
