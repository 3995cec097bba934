import { type AuthError, CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import { retryAfter } from '../lib/retry-after.ts'
import { errorCode, safeErrorCode } from './error-code.ts'
import {
  type AnswerPattern,
  matches,
  REJECTED,
  THROTTLED,
  type ThrottlePattern,
  type TokenEndpointAnswer,
} from './outcome-patterns.ts'
import { type TokenResponseMapping, valueAt } from './token-response.ts'

export interface OutcomeOptions {
  response?: TokenResponseMapping | undefined
  rejected?: readonly AnswerPattern[] | undefined
  throttled?: readonly ThrottlePattern[] | undefined
  /** What to look at when the credentials are rejected; ends the error's message. */
  hint?: string | undefined
  /** The token endpoint's, for messages. */
  host?: string | undefined
}

const DEFAULT_PENALTY = 60_000
// "Retry-After: 0" from a server that throttles would have every caller back at once.
const SHORTEST_PENALTY = 1000

/**
 * What the answer says about the credentials or the caller's pace; `undefined` where it is about neither.
 *
 * @param secrets What was sent, in the forms in which the answer might repeat it.
 * @param now Epoch ms.
 */
export function refusalIn(
  answer: TokenEndpointAnswer,
  options: OutcomeOptions,
  secrets: readonly string[],
  now: number,
): AuthError | undefined {
  const { rejected = REJECTED, throttled = THROTTLED, hint } = options
  const { status, headers } = answer
  const code = codeIn(answer, options)
  const says = saying(answer, options, secrets)
  const wait = retryAfter(headers, now)
  const penalty = throttled.find((pattern) => matches(pattern, status, code))
  if (penalty !== undefined || (status === 503 && wait !== undefined)) {
    const retryAt = Math.ceil(now + Math.max(wait ?? penalty?.penalty ?? DEFAULT_PENALTY, SHORTEST_PENALTY))
    const message = `the token endpoint throttles its callers ${says}`
    return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', message, { status, retryAt })
  }
  if (!rejected.some((pattern) => matches(pattern, status, code))) return undefined
  const message = `the token endpoint rejected the credentials ${says}${hint === undefined ? '' : `. ${hint}`}`
  return new CredentialsRejectedError(message, {
    retryAt: Math.ceil(now + (wait ?? 0)),
    status,
    error: safeErrorCode(code, secrets),
  })
}

/** An answer without a token that says nothing about the credentials either. */
export function failureIn(
  answer: TokenEndpointAnswer,
  options: OutcomeOptions,
  secrets: readonly string[],
): TokenEndpointError {
  const { status } = answer
  const says = saying(answer, options, secrets)
  if (status >= 500 || status === 408) {
    return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', `the token endpoint failed ${says}`, {
      status,
      retryable: true,
    })
  }
  // 0: a redirect as browsers show it to those who do not follow.
  const problem =
    status === 0 || (status >= 300 && status < 400)
      ? 'redirects, which is not followed; check `tokenEndpoint`'
      : 'refused the request'
  return new TokenEndpointError('ERR_AUTH_TOKEN_RESPONSE_INVALID', `the token endpoint ${problem} ${says}`, {
    status,
  })
}

function codeIn(answer: TokenEndpointAnswer, { response }: OutcomeOptions): string | undefined {
  return errorCode(valueAt(answer, response?.error ?? 'error'))
}

function saying(answer: TokenEndpointAnswer, options: OutcomeOptions, secrets: readonly string[]): string {
  const code = safeErrorCode(codeIn(answer, options), secrets)
  const says = code === undefined ? `(${answer.status})` : `(${answer.status}, ${code})`
  return options.host === undefined ? says : `${says}: ${options.host}`
}
