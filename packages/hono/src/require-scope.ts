import { refuseScope, requireScopes } from '@auth/core/verify'
import type { MiddlewareHandler } from 'hono'
import { answer } from './refusal.ts'

/**
 * Lets a request through when its identity has all of `scopes`, else answers 403 `insufficient_scope` (RFC 6750 section
 * 3.1). Goes after `requireAuth`.
 *
 * @throws ConfigurationError without scopes.
 *
 * @example
 * app.post('/labels', requireAuth(policy), requireScope('labels:write'), (c) => createLabel(c))
 */
export function requireScope(...scopes: string[]): MiddlewareHandler {
  requireScopes(scopes)
  return async (c, next) => {
    const refused = refuseScope(c, scopes)
    return refused === undefined ? next() : answer(c, refused)
  }
}
