import { TokenEndpointError } from '../errors.ts'
import { accessToken } from './access-token.ts'
import type { TokenEndpointAnswer } from './outcome-patterns.ts'
import type { AccessToken } from './token-source.ts'

/** A member of the JSON body (a path with dots where it is nested), or a response header. */
export type Place = string | { readonly header: string }

/** Where a carrier puts what RFC 6749 section 5.1 calls by other names. */
export interface TokenResponseMapping {
  /** Default `access_token`. */
  readonly accessToken?: Place
  /** Default `expires_in`. An absolute time is recognised: epoch seconds, epoch ms, or an ISO date with its zone. */
  readonly expiresIn?: Place
  /** Unit of an `expiresIn` that is a duration. Default: seconds, or ms where so many seconds would be absurd. */
  readonly unit?: LifetimeUnit
  /** Default `token_type`. */
  readonly tokenType?: Place
  /**
   * The types of token that are accepted; a string stands for itself in any case. A missing type is always accepted.
   * Default `['Bearer']`.
   */
  readonly tokenTypes?: readonly (string | RegExp)[]
  /** Default `scope`. */
  readonly scope?: Place
  /** Default `error`. */
  readonly error?: Place
}

export type LifetimeUnit = 's' | 'ms' | 'min'

/** Lifetime in ms where the answer gives none that makes sense: short, because an expired token may not be a 401. */
export const DEFAULT_LIFETIME = 5 * 60 * 1000
/** No carrier issues tokens for longer (ten days are the longest found); more is another unit, or absurd. */
export const LONGEST_LIFETIME = 30 * 24 * 60 * 60 * 1000
// September 2001: from here on a number is a time, not a duration.
const EPOCH = { s: 1e9, ms: 1e12 }

/** Reads the value at a place; `undefined` where there is none. */
export function valueAt(answer: TokenEndpointAnswer, place: Place): unknown {
  if (typeof place !== 'string') return answer.headers.get(place.header) ?? undefined
  let value = answer.json
  for (const member of place.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined
    value = (value as Record<string, unknown>)[member]
  }
  return value
}

/**
 * Reads a successful token response.
 *
 * @param now Epoch ms from before the request was sent: the lifetime counts from there.
 * @param sentAt The same moment on the monotonic clock.
 * @throws TokenEndpointError `ERR_AUTH_TOKEN_RESPONSE_INVALID`.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenResponse(
  answer: TokenEndpointAnswer,
  now: number,
  mapping: TokenResponseMapping = {},
  defaultLifetime: number = DEFAULT_LIFETIME,
  sentAt?: number,
): AccessToken {
  const invalid = (problem: string, retryable = false): TokenEndpointError =>
    new TokenEndpointError('ERR_AUTH_TOKEN_RESPONSE_INVALID', `the token endpoint's answer ${problem}`, {
      status: answer.status,
      retryable,
    })
  const value = valueAt(answer, mapping.accessToken ?? 'access_token')
  if (value === undefined && (typeof answer.json !== 'object' || answer.json === null)) {
    throw invalid('is not the JSON of a token response', true)
  }
  if (typeof value !== 'string' || value === '') throw invalid('has no access token')
  // RFC 6749 appendix A.12, less the space: what no header field carries unchanged is no token.
  if (!/^[\x21-\x7e]+$/.test(value)) throw invalid('has an access token with characters that no header can carry')
  const type = valueAt(answer, mapping.tokenType ?? 'token_type')
  // Missing: NZ Post calls Bearer "the default"; other carriers leave it out.
  if (type !== undefined && type !== null && !isAccepted(type, mapping.tokenTypes)) {
    throw invalid(mapping.tokenTypes === undefined ? 'has a token_type other than Bearer' : 'has another token_type')
  }
  const expiresIn = valueAt(answer, mapping.expiresIn ?? 'expires_in')
  const lifetime = lifetimeOf(expiresIn, now, mapping.unit) ?? defaultLifetime
  const scope = valueAt(answer, mapping.scope ?? 'scope')
  return accessToken(
    { value, lifetime, expiresAt: now + lifetime, ...(typeof scope === 'string' && { scope }) },
    sentAt,
  )
}

function isAccepted(type: unknown, accepted: readonly (string | RegExp)[] = ['Bearer']): boolean {
  if (typeof type !== 'string') return false
  return accepted.some((one) =>
    // `search` has no memory, where `test` of a pattern with the flag g remembers its place.
    typeof one === 'string' ? one.toLowerCase() === type.toLowerCase() : type.search(one) !== -1,
  )
}

/** ms that `expires_in` means; `undefined` where it means nothing. docs/tokens.md has the table. */
export function lifetimeOf(value: unknown, now: number, unit?: LifetimeUnit): number | undefined {
  if (typeof value === 'string') {
    const text = value.trim()
    if (/^-?\d+(?:\.\d+)?$/.test(text)) return lifetimeOf(Number(text), now, unit)
    // Without a zone it would mean another time on another machine.
    if (/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return sensible(Date.parse(text) - now)
    return undefined
  }
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined
  if (value <= 0) return 0
  if (value >= EPOCH.ms) return sensible(value - now)
  if (value >= EPOCH.s) return sensible(value * 1000 - now)
  if (unit === 'ms') return sensible(value)
  if (unit === 'min') return sensible(value * 60_000)
  return sensible(value * 1000) ?? (unit === undefined ? sensible(value) : undefined)
}

/** A time that is over says that one of the two clocks is wrong, and nothing about the token. */
function sensible(ms: number): number | undefined {
  return ms > 0 && ms <= LONGEST_LIFETIME ? ms : undefined
}
