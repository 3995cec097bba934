import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import { type MaybePromise, when } from '../../lib/maybe-promise.ts'
import { sha256 } from '../../runtime/crypto.ts'
import { type CertificateProxy, certificateSource } from '../certificates/certificate-source.ts'
import { deepFreeze } from '../identity.ts'
import type { InboundRequest } from '../request.ts'
import { checkConfirmation } from './confirmation.ts'
import { demandScope, grantedScope } from './granted-scope.ts'
import { type IssuerKeysOptions, issuerKeys } from './issuer-keys.ts'
import { checkClaims, readJwt } from './jwt-checks.ts'
import type { KeySet } from './key-set.ts'
import { scopeList, stringList } from './string-list.ts'
import { type Claims, invalidToken, VerificationError, type Verifier } from './verifier.ts'

export interface JwtOptions extends IssuerKeysOptions {
  /** The only accepted `iss`. */
  readonly issuer: string
  /** What `aud` must name; one of several is enough. */
  readonly audience: string | readonly string[]
  /** Accepted signature algorithms, asymmetric only. Default: all of RS, PS and ES, EdDSA and Ed25519. */
  readonly algorithms?: readonly string[]
  /**
   * Accepted `typ`, without regard to case and `application/`. Default: `at+jwt`, `JWT`, and tokens without one;
   * `'at+jwt'` is what RFC 9068 asks for.
   */
  readonly typ?: string
  /** Seconds that `exp` and `nbf` may be off. Default 0. */
  readonly clockTolerance?: number
  /** Scope that the token must grant, all of it, else 403. Default: none. */
  readonly requiredScope?: string | readonly string[]
  /** Further claims that must be there, such as `['sub', 'jti']`. Default: none; `iss`, `aud` and `exp` always are. */
  readonly requiredClaims?: readonly string[]
  /** Refuses a token whose claims are not what is needed; asked once for each token. Default: accepts all. */
  readonly validate?: (claims: Claims) => MaybePromise<boolean>
  /** Whether a token has been revoked, as by its `jti`; asked on each request. Default: none is. */
  readonly isRevoked?: (claims: Claims) => MaybePromise<boolean>
  /** Whom the claims name; `undefined` refuses the token. Default: `client_id`, else `azp`, else `sub`. */
  readonly party?: (claims: Claims) => string | undefined
  /** Where a proxy ends TLS: the header with the certificate that a token may be bound to. Default: no proxy. */
  readonly proxy?: CertificateProxy
  /** Verified tokens that are remembered. Default 10000; 0 for none. */
  readonly cacheSize?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

/**
 * A verifier for JWT access tokens (RFC 9068, RFC 8725), also certificate-bound ones (RFC 8705). `iss`, `aud` and `exp`
 * are required. Keys are fetched again after 10 minutes, and for an unknown key at most every 30 seconds; while they
 * cannot be fetched, those at hand are used for up to 1 hour after they were fetched.
 *
 * @throws ConfigurationError for a wrong or missing option.
 */
export function jwt(options: JwtOptions): Verifier {
  const { issuer, algorithms = ASYMMETRIC, clockTolerance = 0, cacheSize = 10_000, clock = systemClock } = options
  if (typeof issuer !== 'string' || issuer === '') throw new ConfigurationError('issuer', 'must be a non-empty string')
  const audience = stringList(options.audience, 'audience')
  const requiredScope = scopeList(options.requiredScope, 'requiredScope')
  if (!Array.isArray(algorithms) || algorithms.length === 0 || algorithms.some((alg) => !ASYMMETRIC.includes(alg))) {
    throw new ConfigurationError('algorithms', `must be some of ${ASYMMETRIC.join(', ')}`)
  }
  if (!Number.isFinite(clockTolerance) || clockTolerance < 0 || clockTolerance > 600) {
    throw new ConfigurationError('clockTolerance', 'must be between 0 and 600 seconds')
  }
  if (!Number.isInteger(cacheSize) || cacheSize < 0) throw new ConfigurationError('cacheSize', 'must be an integer ≥ 0')
  for (const option of ['party', 'validate', 'isRevoked'] as const) {
    if (options[option] !== undefined && typeof options[option] !== 'function') {
      throw new ConfigurationError(option, 'must be a function')
    }
  }
  const requiredClaims =
    options.requiredClaims === undefined ? [] : stringList(options.requiredClaims, 'requiredClaims')
  const certificates = certificateSource(options.proxy)
  const types = acceptedTypes(options.typ)
  const source = issuerKeys(issuer, options, clock)
  const verified = cacheSize === 0 ? undefined : new LRUCache<string, VerifiedToken>({ max: cacheSize })

  const verifyWith = async (token: string, keys: KeySet): Promise<JWTPayload> => {
    const checks: JWTVerifyOptions = {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance,
      requiredClaims: ['iss', 'aud', 'exp', ...requiredClaims],
      currentDate: new Date(clock.now()),
    }
    try {
      return (await jwtVerify(token, keys.resolve, checks)).payload
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      let tried = 0
      for await (const key of error) {
        if (++tried > MOST_KEYS_TRIED) break
        try {
          return (await jwtVerify(token, key, checks)).payload
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }

  const verify = async (token: string, digest: string): Promise<VerifiedToken> => {
    const { header, unverified } = readJwt(token)
    if (!algorithms.includes(header.alg)) throw invalidToken('algorithm', 'the algorithm is not allowed')
    if (!types.has(normalType(header.typ))) throw invalidToken('type', 'the token is of another type')
    // Before any key is fetched: a token of another issuer is none of this verifier's business.
    if (unverified.iss !== issuer) throw invalidToken('issuer', 'the token is of another issuer')

    let keys = source.current() ?? (await source.load())
    let payload: JWTPayload
    try {
      try {
        payload = await verifyWith(token, keys)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        keys = await source.lookAgain()
        payload = await verifyWith(token, keys)
      }
    } catch (error) {
      throw explain(error)
    }
    checkClaims(payload)
    const claims = deepFreeze(payload) as Claims
    if (options.validate !== undefined && (await options.validate(claims)) !== true) {
      throw invalidToken('claim', 'the claims are not accepted')
    }
    const result = {
      claims,
      generation: keys.generation,
      expiresAt: (payload.exp as number) * 1000,
      scope: grantedScope(claims),
    }
    verified?.set(digest, result)
    return result
  }

  const conclude = (digest: string, token: VerifiedToken, request: InboundRequest): MaybePromise<Claims> => {
    const { claims, scope } = token
    checkConfirmation(claims, request, certificates)
    demandScope(scope, requiredScope)
    if (options.isRevoked === undefined) return claims
    const admit = (revoked: boolean): Claims => {
      // Whatever is not a clear no is a yes: a list that answers nonsense must not let everybody in.
      if (revoked === false) return claims
      verified?.delete(digest)
      throw invalidToken('revoked', 'the token has been revoked')
    }
    return when(options.isRevoked(claims), admit)
  }

  const verifier = (token: string, request: InboundRequest): MaybePromise<Claims> => {
    if (token.length > LONGEST_TOKEN) throw invalidToken('malformed', 'the token is too long')
    const digest = sha256(token, 'base64url')
    const known = verified?.get(digest)
    if (known !== undefined) {
      if (known.generation === source.current()?.generation && clock.now() < known.expiresAt) {
        return conclude(digest, known, request)
      }
      verified?.delete(digest)
    }
    return verify(token, digest).then((result) => conclude(digest, result, request))
  }
  return Object.assign(verifier, { checksSyntax: true, ...(options.party !== undefined && { party: options.party }) })
}

interface VerifiedToken {
  readonly claims: Claims
  readonly scope: readonly string[]
  readonly generation: number
  /** Epoch ms. */
  readonly expiresAt: number
}

const ASYMMETRIC: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const LONGEST_TOKEN = 16_384
/** Keys that are tried for a token that does not name one. */
const MOST_KEYS_TRIED = 4

function acceptedTypes(typ: unknown): ReadonlySet<string | undefined> {
  if (typ === undefined) return new Set(['at+jwt', 'jwt', undefined])
  if (typeof typ !== 'string' || typ === '') throw new ConfigurationError('typ', 'must be a non-empty string')
  return new Set([normalType(typ)])
}

/** Media types are compared without case, and `application/` may be left out (RFC 7515 section 4.1.9). */
function normalType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '')
}

function explain(error: unknown): VerificationError {
  if (error instanceof VerificationError) return error
  if (error instanceof errors.JWTExpired) return invalidToken('expired', 'the token has expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = ({ nbf: 'not_yet_valid', aud: 'audience', iss: 'issuer', exp: 'expired' } as const)[error.claim]
    return invalidToken(reason ?? 'claim', `the claim ${error.claim} is not accepted`)
  }
  if (error instanceof errors.JWKSNoMatchingKey) return invalidToken('key_not_found', 'the issuer has no such key')
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return invalidToken('malformed', 'the token is malformed')
  }
  // A key that cannot be used for this token is no better than a wrong one.
  return invalidToken('signature', 'the signature is not accepted')
}
