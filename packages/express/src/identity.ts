import { ConfigurationError } from '@auth/core'
import type { Authenticated, Identity, LayerReport } from '@auth/core/verify'
import type { Request } from 'express'

// Not `req.auth`: other middleware puts other things there, typed globally. And no WeakMap: one entry for each request
// costs the garbage collector more than all of the verification.
const AUTHENTICATED = Symbol('@auth/express')

type Slot = { [AUTHENTICATED]?: Authenticated }

/** Keeps who sent the request, and what the layers said. */
export function remember(request: Request, decision: Authenticated): void {
  ;(request as Slot)[AUTHENTICATED] = decision
}

/** What was kept for the request. */
export function remembered(request: Request): Authenticated | undefined {
  return (request as Slot)[AUTHENTICATED]
}

// What was read as a credential, even where the decision did not count.
const READ = Symbol('@auth/express: read')

type ReadSlot = { [READ]?: readonly string[] }

/** Keeps which headers a policy read as credentials, whatever it decided. */
export function rememberRead(request: Request, reports: readonly LayerReport[]): void {
  const slot = request as ReadSlot
  slot[READ] = [...(slot[READ] ?? []), ...reports.map(({ via }) => via)]
}

/** The headers that policies read as credentials, in lower case. */
export function credentialHeaders(request: Request): readonly string[] {
  return (request as ReadSlot)[READ] ?? []
}

/** Who sent the request, or `undefined` where no `requireAuth` has let it through. */
export function findIdentity(request: Request): Identity | undefined {
  return remembered(request)?.identity
}

/**
 * Who sent the request, as `requireAuth` found out.
 *
 * @throws ConfigurationError when no `requireAuth` stands in front of the route.
 */
export function getIdentity(request: Request): Identity {
  const identity = findIdentity(request)
  if (identity === undefined) {
    throw new ConfigurationError('requireAuth', 'no requireAuth stands in front of this route')
  }
  return identity
}
