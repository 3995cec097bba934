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

/** RFC 6749 section 5.2; servers use its codes in any status, 200 included. */
export const REJECTED: readonly AnswerPattern[] = [
  { status: 401 },
  { status: 403 },
  { error: ['invalid_client', 'unauthorized_client', 'invalid_grant', 'access_denied'] },
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
  const value = headers.get('retry-after')?.trim() ?? ''
  // A date has the form of RFC 9110 section 5.6.7: the parser alone would take "1.5" for a day in January.
  const ms = /^\d+(?:\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : /^[A-Z][a-z]{2,8}, .* GMT$/.test(value)
      ? Date.parse(value) - now
      : Number.NaN
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

/** The answer's error code, if it is one: short, and of the characters that codes are made of. */
export function errorCode(value: unknown): string | undefined {
  const code = typeof value === 'number' ? String(value) : value
  return typeof code === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? code : undefined
}

// So many characters in common are no coincidence.
const ECHO = 6

/** The code as a message may show it: a server that echoes what it was `sent`, or a part, must not carry it there. */
export function safeErrorCode(code: string | undefined, sent: readonly string[]): string | undefined {
  if (code === undefined || REGISTERED.has(code)) return code
  const parts = Array.from({ length: Math.max(code.length - ECHO, 0) + 1 }, (_, at) => code.slice(at, at + ECHO))
  const echoed = (text: string): boolean => code.includes(text) || parts.some((part) => text.includes(part))
  return sent.some((text) => text !== '' && echoed(text)) ? undefined : code
}

/** How the outcome of a token request is named in events and `status()`. */
export interface Failure {
  readonly code: AuthErrorCode
  readonly message: string
  readonly at: number
}
