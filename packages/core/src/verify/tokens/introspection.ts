import QuickLRU from 'quick-lru'
import type { ClientAuth } from '../../client-auth/client-auth.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { age, type Moment, moment } from '../../lib/age.ts'
import { flights } from '../../lib/flights.ts'
import { gate } from '../../lib/gate.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import {
  aClock,
  anything,
  type Checks,
  callable,
  checkOptions,
  flag,
  integer,
  methods,
  must,
  required,
  text,
} from '../../lib/options.ts'
import { secureUrl } from '../../origin.ts'
import { sha256 } from '../../runtime/crypto.ts'
import { type CertificateProxy, certificateSource, PROXY } from '../certificates/certificate-source.ts'
import { backoff } from '../credentials/backoff.ts'
import { deepFreeze } from '../identity.ts'
import type { InboundRequest } from '../request.ts'
import { checkConfirmation } from './confirmation.ts'
import { DocumentError, FETCH_OPTIONS, type FetchOptions, fetchDocument } from './fetch-document.ts'
import { demandScope, grantedScope } from './granted-scope.ts'
import { checkClaims, quoted } from './jwt-checks.ts'
import { scopeList, stringList } from './string-list.ts'
import { type Claims, invalidToken, VerificationError, type Verifier } from './verifier.ts'

export interface IntrospectionOptions extends FetchOptions {
  /** The introspection endpoint. */
  readonly endpoint: string
  /** How this server proves itself there, such as `clientSecretBasic(id, secret)` of @auth/core. */
  readonly clientAuth: ClientAuth
  /** The only accepted `iss`. Default: whatever the endpoint says is active. */
  readonly issuer?: string | undefined
  /** What `aud` must name; one of several is enough. Default: whatever the endpoint says is active. */
  readonly audience?: string | readonly string[] | undefined
  /** Scope that the token must grant, all of it, else 403. Default: none. */
  readonly requiredScope?: string | readonly string[] | undefined
  /** Who the claims name; `undefined` refuses the token. Default: `client_id`, else `azp`, `appid` (Entra v1), `sub`. */
  readonly party?: ((claims: Claims) => string | undefined) | undefined
  /** ms for which an answer is used again, and within which a revoked token is refused; 0 for never. Default 30000. */
  readonly cacheTime?: number | undefined
  /** Answers that are remembered, for active tokens and for others each. Default 10000. */
  readonly cacheSize?: number | undefined
  /** Where a proxy ends TLS: the header with the certificate that a token may be bound to. Default: no proxy. */
  readonly proxy?: CertificateProxy | undefined
  /** Allows `http:` on a loopback host. Default false. */
  readonly allowInsecureLoopback?: boolean | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
}

const OPTIONS = {
  ...FETCH_OPTIONS,
  endpoint: required(anything),
  clientAuth: required(
    methods('a client authentication, such as clientSecretBasic(id, secret)', 'apply', 'credential'),
  ),
  issuer: text,
  audience: anything,
  requiredScope: anything,
  party: callable,
  cacheTime: must('a number of milliseconds of at least 0', (value) => Number.isFinite(value) && Number(value) >= 0),
  cacheSize: integer(1),
  proxy: PROXY,
  allowInsecureLoopback: flag,
  clock: aClock,
} satisfies Checks<IntrospectionOptions>

/**
 * A verifier that asks the authorization server about each token (RFC 7662), for opaque tokens and for those that can be
 * revoked. No answer is used for longer than `cacheTime` or beyond `exp`; many requests with one token ask once.
 *
 * @throws ConfigurationError for a wrong or missing option.
 *
 * @example
 * bearer(introspection({ endpoint: `${issuer}/introspect`, clientAuth: clientSecretBasic(id, secret) }))
 */
export function introspection(options: IntrospectionOptions): Verifier {
  checkOptions(options, OPTIONS, 'introspection')
  const { clientAuth, issuer, cacheTime = 30_000, cacheSize = 10_000, timeout = 5000, clock = systemClock } = options
  const { href } = secureUrl(options.endpoint, 'endpoint', options.allowInsecureLoopback)
  const audience = options.audience === undefined ? undefined : stringList(options.audience, 'audience')
  const requiredScope = scopeList(options.requiredScope, 'requiredScope')
  const certificates = certificateSource(options.proxy)
  const pause = backoff(clock)
  const { run } = gate(AT_ONCE, WAITING)
  // Apart, so that made-up tokens push no real one out.
  const active = new QuickLRU<string, Active>({ maxSize: cacheSize })
  const refused = new QuickLRU<string, Refusal>({ maxSize: cacheSize })
  const { join, start } = flights<Active>()

  const ask = async (token: string): Promise<unknown> => {
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
    const parameters: [string, string][] = [
      ['token', token],
      ['token_type_hint', 'access_token'],
    ]
    await clientAuth.apply({ url: href, headers, parameters }, await clientAuth.credential())
    const body = new URLSearchParams(parameters).toString()
    return fetchDocument(href, { ...options, timeout }, { method: 'POST', headers, body })
  }

  const refuse = (digest: string, asked: Moment, error: unknown): never => {
    if (cacheTime > 0 && error instanceof VerificationError) refused.set(digest, { error, asked })
    throw error
  }

  const inspect = async (token: string, digest: string): Promise<Active> => {
    if (pause.remaining() > 0) throw unavailable('it failed a moment ago', pause.remaining())
    const asked = moment(clock)
    let answer: unknown
    try {
      const asking = run(() => ask(token))
      if (asking === undefined) throw unavailable('too many tokens wait for it', 1000)
      answer = await asking
      pause.succeeded()
    } catch (error) {
      if (error instanceof VerificationError) throw error
      // Some servers refuse a token that they cannot read, in place of calling it inactive.
      if (error instanceof DocumentError && error.code === 'invalid_token') {
        pause.succeeded()
        return refuse(digest, asked, invalidToken('inactive', 'the token is not one of the authorization server'))
      }
      // A status may be due to this very token, and must not keep others from being verified.
      const everybodys = !(error instanceof DocumentError) || error.status === undefined || THROTTLED.has(error.status)
      if (everybodys) pause.failed(error)
      throw unavailable(error instanceof DocumentError ? error.message : 'it cannot be asked', pause.remaining(), error)
    }
    try {
      const claims = readActive(answer)
      const found: Active = { claims, asked, scope: grantedScope(claims) }
      if (cacheTime > 0) active.set(digest, found)
      return found
    } catch (error) {
      return refuse(digest, asked, error)
    }
  }

  const readActive = (answer: unknown): Claims => {
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
      throw unavailable('its answer is no JSON object', 0)
    }
    // A member that is null says nothing (RFC 7662 section 2.2 makes all but `active` optional).
    const claims: Claims = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null))
    if (typeof claims.active !== 'boolean') throw unavailable('its answer does not say whether the token is active', 0)
    if (!claims.active) throw invalidToken('inactive', 'the token is not active')
    checkClaims(claims)
    if (issuer !== undefined && claims.iss !== issuer) {
      throw invalidToken('issuer', `the token is of issuer ${quoted(claims.iss)}, not ${quoted(issuer)}`)
    }
    if (audience !== undefined && ![claims.aud].flat().some((one) => audience.includes(one as string))) {
      throw invalidToken('audience', `the token is for audience ${quoted(claims.aud)}, not ${quoted(audience)}`)
    }
    return deepFreeze(claims)
  }

  const conclude = ({ claims, scope }: Active, request: InboundRequest): Claims => {
    const now = clock.now() / 1000
    if (claims.exp !== undefined && now >= claims.exp) throw invalidToken('expired', 'the token has expired')
    if (claims.nbf !== undefined && now < claims.nbf) throw invalidToken('not_yet_valid', 'the token is not valid yet')
    checkConfirmation(claims, request, certificates)
    demandScope(scope, requiredScope)
    return claims
  }

  const verifier = (token: string, request: InboundRequest): MaybePromise<Claims> => {
    if (token.length > LONGEST_TOKEN) throw invalidToken('malformed', 'the token is too long')
    const digest = sha256(token, 'base64url')
    const known = active.get(digest)
    if (known !== undefined && age(known.asked, clock) < cacheTime) return conclude(known, request)
    const refusal = refused.get(digest)
    if (refusal !== undefined && age(refusal.asked, clock) < Math.min(cacheTime, REFUSED_TIME)) throw refusal.error
    const flight = join(digest) ?? start(digest, inspect(token, digest))
    return flight.then((found) => conclude(found, request))
  }
  return options.party === undefined ? verifier : Object.assign(verifier, { party: options.party })
}

interface Active {
  readonly claims: Claims
  readonly scope: readonly string[]
  /** When the question was sent: what it says is not younger than that. */
  readonly asked: Moment
}

interface Refusal {
  readonly error: VerificationError
  readonly asked: Moment
}

/** ms for which a refusal is used again: a new token may not have reached every server of the issuer yet. */
const REFUSED_TIME = 5000
const LONGEST_TOKEN = 16_384
/** Questions to the endpoint at once, and waiting: made-up tokens are turned away beyond, and not passed on without end. */
const AT_ONCE = 64
const WAITING = 1024
const THROTTLED: ReadonlySet<number> = new Set([429, 503])

function unavailable(problem: string, pause: number, cause?: unknown): VerificationError {
  return new VerificationError(
    'temporarily_unavailable',
    'unavailable',
    `the introspection endpoint cannot be relied on: ${problem}`,
    { retryAfter: Math.max(1, pause / 1000), cause },
  )
}
