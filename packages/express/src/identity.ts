import { ConfigurationError } from '@auth/core'
import type { Identity } from '@auth/core/verify'
import type { Request } from 'express'

// Not `req.auth`: other middleware puts other things there, typed globally.
const identities = new WeakMap<object, Identity>()

export function remember(request: Request, identity: Identity): void {
  identities.set(request, identity)
}

/** Who sent the request, or `undefined` where no `requireAuth` has let it through. */
export function findIdentity(request: Request): Identity | undefined {
  return identities.get(request)
}

/**
 * Who sent the request, as `requireAuth` found out.
 *
 * @throws ConfigurationError when no `requireAuth` stands in front of the route.
 */
export function getIdentity(request: Request): Identity {
  const identity = identities.get(request)
  if (identity === undefined) {
    throw new ConfigurationError('requireAuth', 'no requireAuth stands in front of this route')
  }
  return identity
}
