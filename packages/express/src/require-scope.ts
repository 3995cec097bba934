import { ConfigurationError } from '@auth/core'
import { answer, checkScope } from '@auth/core/verify'
import type { RequestHandler } from 'express'
import { getIdentity } from './identity.ts'
import { sendAnswer } from './require-auth.ts'

/**
 * Lets a request through when its identity has all of `scopes`, else answers 403 `insufficient_scope` (RFC 6750 section
 * 3.1). Goes after `requireAuth`.
 *
 * @throws ConfigurationError without scopes.
 */
export function requireScope(...scopes: string[]): RequestHandler {
  if (
    scopes.length === 0 ||
    scopes.some((scope) => typeof scope !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  ) {
    throw new ConfigurationError('scopes', 'must be one or more scope tokens without spaces (RFC 6749 section 3.3)')
  }
  return (request, response, next) => {
    const refused = checkScope(getIdentity(request), scopes)
    if (refused === undefined) next()
    else sendAnswer(refused, request, response, answer(refused))
  }
}
