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
