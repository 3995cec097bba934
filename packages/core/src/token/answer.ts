import type { AuthErrorCode } from '../errors.ts'

/** What the token endpoint answered, as far as judging it needs. */
export interface TokenEndpointAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body, parsed where it is JSON; `undefined` otherwise. */
  readonly json: unknown
}

/** Describes answers, as data: all that is given must match. */
export interface AnswerPattern {
  readonly status?: number | readonly number[]
  /** `error` of RFC 6749 section 5.2, or the carrier's own code found by the mapping's `error`. */
  readonly error?: string | readonly string[]
}

/** Answers that mean "slow down"; `penalty` is how long, in ms, where the answer has no Retry-After. Default 60 000. */
export interface ThrottlePattern extends AnswerPattern {
  readonly penalty?: number
}

/** RFC 6749 section 5.2, in the statuses that servers use for it. */
export const REJECTED: readonly AnswerPattern[] = [
  { status: 401 },
  { status: 403 },
  { status: 400, error: ['invalid_client', 'unauthorized_client', 'invalid_grant', 'access_denied'] },
]

/** RFC 6585 section 4, and RFC 9110 section 10.2.3 where a 503 names its end. */
export const THROTTLED: readonly ThrottlePattern[] = [{ status: 429 }]

export function matches(pattern: AnswerPattern, status: number, error: string | undefined): boolean {
  const { status: statuses, error: errors } = pattern
  return (
    (statuses === undefined || [statuses].flat().includes(status)) &&
    (errors === undefined || (error !== undefined && [errors].flat().includes(error)))
  )
}

// No carrier's penalty is longer, and a wrong date must not silence an account for good.
const LONGEST_RETRY_AFTER = 24 * 60 * 60 * 1000

/** ms that `Retry-After` asks for, as seconds or as a date; `undefined` where it says nothing usable. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  if (Number.isNaN(ms)) return undefined
  return Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER)
}

// RFC 6749 section 5.2 and the extensions that token endpoints answer with.
const REGISTERED = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
])

/** The answer's error code, if it is one: registered, or short and of the characters that codes are made of. */
export function errorCode(value: unknown, secret: string): string | undefined {
  const code = typeof value === 'number' ? String(value) : value
  if (typeof code !== 'string' || !/^[A-Za-z0-9_.-]{1,64}$/.test(code)) return undefined
  // A server that echoes what it was sent must not carry it into a message.
  return REGISTERED.has(code) || (!code.includes(secret) && !secret.includes(code)) ? code : undefined
}

/** How the outcome of a token request is named in events and `status()`. */
export interface Failure {
  readonly code: AuthErrorCode
  readonly message: string
  readonly at: number
}
