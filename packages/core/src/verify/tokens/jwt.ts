import type { JWTPayload, JWTVerifyOptions } from 'jose'
import * as errors from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import QuickLRU from 'quick-lru'
import { type Clock, systemClock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import { type MaybePromise, when } from '../../lib/maybe-promise.ts'
import {
  aClock,
  anything,
  type Checks,
  callable,
  checkOptions,
  integer,
  must,
  required,
  text,
} from '../../lib/options.ts'
import { SIGNATURE_ALGORITHMS } from '../../lib/signature-algorithms.ts'
import { sha256 } from '../../runtime/crypto.ts'
import { type CertificateProxy, certificateSource, PROXY } from '../certificates/certificate-source.ts'
import { deepFreeze } from '../identity.ts'
import type { InboundRequest } from '../request.ts'
import { checkConfirmation } from './confirmation.ts'
import { demandScope, grantedScope } from './granted-scope.ts'
import { ISSUER_KEYS, type IssuerKeysOptions, issuerKeys } from './issuer-keys.ts'
import { checkClaims, quoted, readJwt } from './jwt-checks.ts'
import type { KeySet } from './key-set.ts'
import { scopeList, stringList } from './string-list.ts'
import { type Claims, invalidToken, VerificationError, type Verifier } from './verifier.ts'

export interface JwtOptions extends IssuerKeysOptions {
  /** The only accepted `iss`. */
  readonly issuer: string
  /**
   * What `aud` must name; one of several is enough. `false` for an issuer whose access tokens have no `aud`, as those of
   * Amazon Cognito: then a token that has one, such as an ID token, is refused; tell clients apart by `validate`.
   */
  readonly audience: string | readonly string[] | false
  /** Accepted signature algorithms, asymmetric only. Default: all of RS, PS and ES, EdDSA and Ed25519. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * Accepted `typ`, without regard to case and `application/`. Default: `at+jwt`, `JWT`, and tokens without one;
   * `'at+jwt'` is what RFC 9068 asks for.
   */
  readonly typ?: string | undefined
  /** Seconds that `exp` and `nbf` may be off. Default 0. */
  readonly clockTolerance?: number | undefined
  /** Scope that the token must grant, all of it, else 403. Default: none. */
  readonly requiredScope?: string | readonly string[] | undefined
  /** Further claims that must be there, such as `['sub', 'jti']`. Default: none; `iss`, `aud` and `exp` always are. */
  readonly requiredClaims?: readonly string[] | undefined
  /** Refuses a token whose claims are not what is needed; asked once for each token. Default: accepts all. */
  readonly validate?: ((claims: Claims) => MaybePromise<boolean>) | undefined
  /** Whether a token has been revoked, as by its `jti`; asked on each request. Default: none is. */
  readonly isRevoked?: ((claims: Claims) => MaybePromise<boolean>) | undefined
  /** Who the claims name; `undefined` refuses the token. Default: `client_id`, else `azp`, `appid` (Entra v1), `sub`. */
  readonly party?: ((claims: Claims) => string | undefined) | undefined
  /** Where a proxy ends TLS: the header with the certificate that a token may be bound to. Default: no proxy. */
  readonly proxy?: CertificateProxy | undefined
  /** Verified tokens that are remembered. Default 10000; 0 for none. */
  readonly cacheSize?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
}

const OPTIONS = {
  ...ISSUER_KEYS,
  issuer: required(text),
  audience: required(anything),
  algorithms: anything,
  typ: text,
  clockTolerance: must(
    'between 0 and 600 seconds',
    (value) => typeof value === 'number' && value >= 0 && value <= MOST_TOLERANCE,
  ),
  requiredScope: anything,
  requiredClaims: anything,
  validate: callable,
  isRevoked: callable,
  party: callable,
  proxy: PROXY,
  cacheSize: integer(0),
  clock: aClock,
} satisfies Checks<JwtOptions>

const MOST_TOLERANCE = 600

/**
 * A verifier for JWT access tokens (RFC 9068, RFC 8725), also certificate-bound ones (RFC 8705). `iss`, `aud` and `exp`
 * are required. Keys are fetched again after 10 minutes, and for an unknown key or a signature that does not fit at most
 * every 30 seconds; while they cannot be fetched, those at hand are used for up to 1 hour after they were fetched.
 *
 * @throws ConfigurationError for a wrong or missing option.
 *
 * @example
 * const tokens = bearer(jwt({ issuer, audience: 'https://api.example.com', jwksUri: `${issuer}/jwks` }))
 */
export function jwt(options: JwtOptions): Verifier {
  checkOptions(options, OPTIONS, 'jwt')
  const { issuer, algorithms = ASYMMETRIC, clockTolerance = 0, cacheSize = 10_000, clock = systemClock } = options
  const audience = options.audience === false ? undefined : stringList(options.audience, 'audience')
  const requiredScope = scopeList(options.requiredScope, 'requiredScope')
  if (!Array.isArray(algorithms) || algorithms.length === 0 || algorithms.some((alg) => !ASYMMETRIC.includes(alg))) {
    throw new ConfigurationError('algorithms', `must be some of ${ASYMMETRIC.join(', ')}`)
  }
  const requiredClaims =
    options.requiredClaims === undefined ? [] : stringList(options.requiredClaims, 'requiredClaims')
  const certificates = certificateSource(options.proxy)
  const types = acceptedTypes(options.typ)
  const source = issuerKeys(issuer, options, clock)
  const verified = cacheSize === 0 ? undefined : new QuickLRU<string, VerifiedToken>({ maxSize: cacheSize })

  const verifyWith = async (token: string, keys: KeySet): Promise<JWTPayload> => {
    const checks: JWTVerifyOptions = {
      issuer,
      ...(audience !== undefined && { audience }),
      algorithms: [...algorithms],
      clockTolerance,
      requiredClaims: ['iss', ...(audience === undefined ? [] : ['aud']), 'exp', ...requiredClaims],
      currentDate: new Date(clock.now()),
    }
    return verifyWithAny(token, keys, checks)
  }

  const verifySignature = async (token: string): Promise<{ payload: JWTPayload; keys: KeySet }> => {
    const keys = source.current() ?? (await source.load())
    try {
      return { payload: await verifyWith(token, keys), keys }
    } catch (error) {
      const unknown = error instanceof errors.JWKSNoMatchingKey
      // A key may have been replaced by another of the same name, or of none.
      if (!unknown && !(error instanceof errors.JWSSignatureVerificationFailed)) throw explain(error, audience)
      let fresh: KeySet
      try {
        fresh = await source.lookAgain()
      } catch (failure) {
        // The keys at hand say no. That is certain enough, where they have the key that is named.
        throw unknown ? explain(failure, audience) : explain(error, audience)
      }
      if (fresh === keys) throw explain(error, audience)
      try {
        return { payload: await verifyWith(token, fresh), keys: fresh }
      } catch (failure) {
        throw explain(failure, audience)
      }
    }
  }

  const verify = async (token: string, digest: string): Promise<VerifiedToken> => {
    const { header, unverified } = readJwt(token)
    if (!algorithms.includes(header.alg)) {
      throw invalidToken('algorithm', `the algorithm ${quoted(header.alg)} is not allowed`)
    }
    if (!types.has(normalType(header.typ))) {
      throw invalidToken('type', `the token is of type ${quoted(header.typ)}`)
    }
    // Before any key is fetched: a token of another issuer is none of this verifier's business.
    if (unverified.iss !== issuer) {
      throw invalidToken('issuer', `the token is of issuer ${quoted(unverified.iss)}, not ${quoted(issuer)}`)
    }

    const { payload, keys } = await verifySignature(token)
    checkClaims(payload)
    if (audience === undefined && payload.aud !== undefined) {
      throw invalidToken('audience', 'the token is for an audience, and none is expected')
    }
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

async function verifyWithAny(token: string, keys: KeySet, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.resolve, checks)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // The token names no key: each of the issuer's that fits its algorithm may be the one.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, checks)).payload
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

interface VerifiedToken {
  readonly claims: Claims
  readonly scope: readonly string[]
  readonly generation: number
  /** Epoch ms. */
  readonly expiresAt: number
}

const ASYMMETRIC: readonly string[] = SIGNATURE_ALGORITHMS
const LONGEST_TOKEN = 16_384

function acceptedTypes(typ: unknown): ReadonlySet<string | undefined> {
  if (typ === undefined) return new Set(['at+jwt', 'jwt', undefined])
  if (typeof typ !== 'string' || typ === '') throw new ConfigurationError('typ', 'must be a non-empty string')
  return new Set([normalType(typ)])
}

/** Media types are compared without case, and `application/` may be left out (RFC 7515 section 4.1.9). */
function normalType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '')
}

function explain(error: unknown, audience: readonly string[] | undefined): VerificationError {
  if (error instanceof VerificationError) return error
  if (error instanceof errors.JWTExpired) return invalidToken('expired', 'the token has expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = ({ nbf: 'not_yet_valid', aud: 'audience', iss: 'issuer', exp: 'expired' } as const)[error.claim]
    const problem =
      error.claim === 'aud'
        ? `the token is for audience ${quoted(error.payload.aud)}, not ${quoted(audience)}`
        : `the claim ${error.claim} is not accepted`
    return invalidToken(reason ?? 'claim', problem)
  }
  if (error instanceof errors.JWKSNoMatchingKey) return invalidToken('key_not_found', 'the issuer has no such key')
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return invalidToken('malformed', 'the token is malformed')
  }
  // A key that cannot be used for this token is no better than a wrong one.
  return invalidToken('signature', 'the signature is not accepted')
}
