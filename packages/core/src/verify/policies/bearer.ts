import { ConfigurationError } from '../../errors.ts'
import { describeError } from '../../lib/describe-error.ts'
import { isThenable } from '../../lib/maybe-promise.ts'
import { type Checks, checkOptions, kindOf } from '../../lib/options.ts'
import { isToken68, readAuthorization } from '../credentials/authorization-header.ts'
import type { Authenticated, Decision, Policy, Refused } from '../decision.ts'
import { type BearerIdentity, deepFreeze } from '../identity.ts'
import { grantedScope } from '../tokens/granted-scope.ts'
import { isTokenError } from '../tokens/token-errors.ts'
import { type Claims, VerificationError, type Verifier } from '../tokens/verifier.ts'
import { LAYER_OPTIONS, type LayerOptions, layerDecisions, layerPolicy } from './layer.ts'

/**
 * A policy for an access token in the `Authorization` header (RFC 6750 section 2.1; never in the query or the body).
 *
 * A verifier of your own gives the claims, or `undefined` for a token that is not accepted. It may also throw: an
 * {@link InvalidTokenError}, or an error of jose, jsonwebtoken, fast-jwt or aws-jwt-verify about the token, is a 401; any
 * other error means that the token could not be verified, and is a 503.
 *
 * @throws ConfigurationError when `verifier` is no function.
 *
 * @example
 * bearer(async (token) => (await jwtVerify(token, jwks, { issuer, audience })).payload)
 */
export function bearer(verifier: Verifier, options: LayerOptions = {}): Policy {
  checkOptions(options, LAYER_OPTIONS satisfies Checks<LayerOptions>, 'bearer')
  const { name = 'bearer', realm = 'api' } = options
  if (typeof verifier !== 'function') {
    throw new ConfigurationError('verifier', `must be a function, such as jwt({ … }), not ${kindOf(verifier)}`)
  }
  const party = verifier.party ?? defaultParty
  const decisions = layerDecisions(name, 'authorization', { scheme: 'Bearer', parameters: { realm } })
  const { accept, refuse } = decisions
  const missing = refuse('missing', 'missing')
  // A verifier that remembers a token hands out the same frozen claims again: then the decision is the same too.
  const remembered = new WeakMap<Claims, Authenticated>()

  const conclude = (claims: Claims | undefined): Decision => {
    if (typeof claims !== 'object' || claims === null) return refuse('invalid', 'refused', INVALID_TOKEN)
    const known = remembered.get(claims)
    if (known !== undefined) return known
    const named = party(claims)
    if (typeof named !== 'string' || named === '') return refuse('invalid', 'party_unknown', INVALID_TOKEN)
    const frozen = Object.isFrozen(claims)
    const identity: BearerIdentity = {
      party: named,
      scope: grantedScope(claims),
      claims: frozen ? claims : deepFreeze(structuredClone(claims)),
    }
    const decision = accept(identity, typeof claims.jti === 'string' ? claims.jti : undefined)
    if (frozen) remembered.set(claims, decision)
    return decision
  }

  const explain = (error: unknown): Refused => {
    if (error instanceof VerificationError) {
      const { code, reason, message: detail, scope = [], retryAfter = RETRY_AFTER } = error
      if (code === 'invalid_token') return refuse('invalid', reason, { ...INVALID_TOKEN, detail })
      if (code === 'insufficient_scope') return refuse(code, reason, { ...insufficientScope(scope), detail })
      return refuse('undecided', reason, { retryAfter, detail })
    }
    const detail = describeError(error)
    return isTokenError(error)
      ? refuse('invalid', 'refused', { ...INVALID_TOKEN, detail })
      : refuse('undecided', 'unavailable', { retryAfter: RETRY_AFTER, detail })
  }

  return layerPolicy(name, decisions, { type: 'http', scheme: 'bearer' }, (request) => {
    const presented = readAuthorization(request, 'bearer')
    if ('outcome' in presented) {
      if (presented.outcome === 'missing') return missing
      return refuse(presented.outcome, presented.reason, INVALID_REQUEST)
    }
    if (verifier.checksSyntax !== true && !isToken68(presented.credentials)) {
      return refuse('invalid', 'malformed', INVALID_TOKEN)
    }
    try {
      const claims = verifier(presented.credentials, request)
      return isThenable(claims) ? Promise.resolve(claims).then(conclude).catch(explain) : conclude(claims)
    } catch (error) {
      return explain(error)
    }
  })
}

/** The challenge parameters of `insufficient_scope` (RFC 6750 section 3.1). */
export const insufficientScope = (scope: readonly string[]): { challenge: Record<string, string> } => ({
  challenge: {
    error: 'insufficient_scope',
    error_description: 'The access token does not grant what this request needs',
    ...(scope.length > 0 && { scope: scope.join(' ') }),
  },
})

/** Seconds that a client is told to wait when nothing better is known. */
const RETRY_AFTER = 5

const INVALID_REQUEST = {
  challenge: { error: 'invalid_request', error_description: 'The Authorization header is malformed or repeated' },
}
const INVALID_TOKEN = {
  challenge: { error: 'invalid_token', error_description: 'The access token is invalid or has expired' },
}

/** Default of `party`: the client that the token was issued to, `appid` at Entra v1, or its subject (RFC 9068 section 2.2). */
export function defaultParty({ client_id, azp, appid, sub }: Claims): string | undefined {
  const named = client_id ?? azp ?? appid ?? sub
  return typeof named === 'string' ? named : undefined
}
