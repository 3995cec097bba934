import type { IncomingMessage } from 'node:http'
import { ConfigurationError } from '@auth/core/errors'
import { findIdentity, type Identity } from '@auth/core/verify'

/**
 * Who sent the request, as `requireAuth` found out.
 *
 * @throws ConfigurationError when no `requireAuth` stands in front of the route.
 *
 * @example
 * app.get('/me', requireAuth(policy), (request, response) => response.json(getIdentity(request).party))
 */
export function getIdentity(request: IncomingMessage): Identity {
  const identity = findIdentity(request)
  if (identity === undefined) {
    throw new ConfigurationError('requireAuth', 'no requireAuth stands in front of this route')
  }
  return identity
}
