import { ConfigurationError } from '@auth/core/errors'
import { findIdentity, type Identity } from '@auth/core/verify'
import type { Context } from 'hono'

/**
 * Who sent the request, as `requireAuth` found out. `c.get('identity')` is the same.
 *
 * @throws ConfigurationError when no `requireAuth` stands in front of the route.
 *
 * @example
 * app.get('/me', requireAuth(policy), (c) => c.json(getIdentity(c).party))
 */
export function getIdentity(c: Context): Identity {
  const identity = findIdentity(c)
  if (identity === undefined) {
    throw new ConfigurationError('requireAuth', 'no requireAuth stands in front of this route')
  }
  return identity
}
