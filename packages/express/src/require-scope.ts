import { refusalResponse, refuseScope, requireScopes } from '@auth/core/verify'
import type { Request, Response } from 'express'
import type { RouteHandler } from './handler.ts'
import { sendAnswer } from './require-auth.ts'

/**
 * Lets a request through when its identity has all of `scopes`, else answers 403 `insufficient_scope` (RFC 6750 section
 * 3.1). Goes after `requireAuth`.
 *
 * @throws ConfigurationError without scopes.
 *
 * @example
 * app.post('/labels', requireAuth(policy), requireScope('labels:write'), createLabel)
 */
export function requireScope(...scopes: string[]): RouteHandler {
  requireScopes(scopes)
  return (request, response, next) => {
    const refused = refuseScope(request, scopes)
    if (refused === undefined) next()
    else sendAnswer(refused, request as Request, response as Response, refusalResponse(refused))
  }
}
