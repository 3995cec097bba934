import { ConfigurationError } from '@auth/core'
import type { Authenticated, Identity } from '@auth/core/verify'
import type { Request } from 'express'

// Not `req.auth`: other middleware puts other things there, typed globally.
const identities = new WeakMap<object, Identity>()

const credentials = new WeakMap<object, readonly string[]>()

/** Keeps who sent the request, and which headers the policy looked at. */
export function remember(request: Request, { identity, reports }: Authenticated): void {
  identities.set(request, identity)
  credentials.set(request, [...credentialHeaders(request), ...reports.map(({ carrier }) => carrier)])
}

/** The headers that policies have read as credentials of the request, in lower case. */
export function credentialHeaders(request: Request): readonly string[] {
  return credentials.get(request) ?? []
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
