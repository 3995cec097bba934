import type { Clock } from '../clock.ts'
import { AuthError, ConfigurationError, CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import { abortable } from '../lib/abortable.ts'
import { boundedText } from '../lib/bounded-text.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { noStore } from '../runtime/no-store.ts'
import { timeLimit } from '../runtime/time-limit.ts'
import { whenFinished } from '../runtime/when-finished.ts'
import {
  type AnswerPattern,
  errorCode,
  matches,
  REJECTED,
  retryAfter,
  safeErrorCode,
  THROTTLED,
  type ThrottlePattern,
  type TokenEndpointAnswer,
} from './outcome-patterns.ts'
import { type ComposedRequest, composeRequest, type TokenRequestOptions } from './token-request.ts'
import { readTokenResponse, type TokenResponseMapping, valueAt } from './token-response.ts'
import type { AccessToken, ClientCredential, TokenRequest, TokenSource } from './token-source.ts'

export interface TokenEndpointOptions extends TokenRequestOptions {
  clock: Clock
  /** Sends the request; looked up for each one. */
  fetch: () => typeof globalThis.fetch
  /** ms for the whole exchange, body included. */
  timeout: number
  /** Further headers of the token request. */
  headers?: Readonly<Record<string, () => MaybePromise<string>>>
  response?: TokenResponseMapping | undefined
  defaultLifetime?: number | undefined
  rejected?: readonly AnswerPattern[] | undefined
  throttled?: readonly ThrottlePattern[] | undefined
  /** What to look at when the credentials are refused; ends the error's message. */
  hint?: string | undefined
}

const MAX_RESPONSE_BYTES = 256 * 1024
const DEFAULT_PENALTY = 60_000
// "Retry-After: 0" from a server that throttles would have every caller back at once.
const SHORTEST_PENALTY = 1000

/**
 * The one place that talks to a token endpoint: sends one request, judges the answer, remembers nothing. No redirect is
 * followed: the body holds a secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenSource {
  const { clientAuth, clock, timeout, rejected = REJECTED, throttled = THROTTLED } = options

  /** Everybody waits for this one answer: a vault that never gives it must not keep them for good. */
  async function credential(): Promise<ClientCredential> {
    const limit = timeLimit(timeout)
    try {
      return await abortable(readCredential(), limit.signal)
    } catch (error) {
      if (error instanceof AuthError || !limit.signal.aborted) throw error
      throw new ConfigurationError('clientAuth', `a function that yields a secret did not answer within ${timeout} ms`)
    } finally {
      limit.end()
    }
  }

  async function readCredential(): Promise<ClientCredential> {
    const own = await clientAuth.credential()
    const grant = await options.grant.credential?.()
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = await value()
    return { ...own, headers, ...(grant !== undefined && { grant }) }
  }

  async function token(request: TokenRequest = {}): Promise<AccessToken> {
    const used = request.credential ?? (await credential())
    const wall = clock.now()
    const monotonic = clock.monotonic()
    const sent = await composeRequest(options, used)
    const answer = await exchange(sent, request.reason)
    if (answer.status < 200 || answer.status >= 300) throw refusal(answer, sent) ?? failure(answer, sent)
    if (valueAt(answer, options.response?.accessToken ?? 'access_token') === undefined) {
      // Some servers refuse with 200: what they say then counts, not their status.
      const refused = refusal(answer, sent)
      if (refused !== undefined) throw refused
    }
    const issued = readTokenResponse(answer, wall, options.response, options.defaultLifetime, monotonic)
    await options.grant.accept?.(answer.json)
    return issued
  }

  async function exchange(
    { url, method, headers, body }: ComposedRequest,
    reason: TokenRequest['reason'],
  ): Promise<TokenEndpointAnswer> {
    const limit = timeLimit(timeout)
    // Nobody waits for a background refresh: it must not be what a program that has finished waits for.
    let finished = false
    const giveUp = (): void => {
      finished = true
      limit.giveUp()
    }
    const endWatch = reason === 'refresh-ahead' ? whenFinished(giveUp) : undefined
    const init: RequestInit = { method, headers, redirect: 'manual', ...noStore(), signal: limit.signal }
    if (body !== undefined) init.body = body
    let head: Response | undefined
    const send = async (): Promise<TokenEndpointAnswer> => {
      const response = await options.fetch()(url, init)
      if (typeof response?.headers?.get !== 'function') throw new TypeError('no response')
      head = response
      const text = await boundedText(response, MAX_RESPONSE_BYTES)
      if (text === undefined) throw tooLarge(response)
      return { status: response.status, headers: response.headers, json: parse(text) }
    }
    try {
      return await abortable(send(), limit.signal)
    } catch (error) {
      // A refusal is one by its status: to ask again, because its body was cut off, would be another invalid login.
      if (head !== undefined && !head.ok) return { status: head.status, headers: head.headers, json: undefined }
      if (error instanceof AuthError) throw error
      const problem = finished
        ? 'was not waited for, because the process has finished'
        : limit.signal.aborted
          ? `did not answer within ${timeout} ms`
          : `could not be reached${reasonOf(error)}`
      throw new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', `the token endpoint ${problem}`, {
        retryable: true,
      })
    } finally {
      endWatch?.()
      limit.end()
    }
  }

  /** What the answer says about the credentials or the caller's pace; `undefined` where it is about neither. */
  function refusal(answer: TokenEndpointAnswer, { secrets }: ComposedRequest): AuthError | undefined {
    const { status, headers } = answer
    const code = codeIn(answer)
    const says = saying(answer, secrets)
    const now = clock.now()
    const wait = retryAfter(headers, now)
    const penalty = throttled.find((pattern) => matches(pattern, status, code))
    if (penalty !== undefined || (status === 503 && wait !== undefined)) {
      const retryAt = now + Math.max(wait ?? penalty?.penalty ?? DEFAULT_PENALTY, SHORTEST_PENALTY)
      return new TokenEndpointError(
        'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
        `the token endpoint throttles its callers (${says})`,
        { status, retryAt },
      )
    }
    if (!rejected.some((pattern) => matches(pattern, status, code))) return undefined
    const hint = options.hint === undefined ? '' : `. ${options.hint}`
    const message = `the token endpoint refused the credentials (${says})${hint}`
    const error = safeErrorCode(code, secrets)
    return new CredentialsRejectedError(message, { retryAt: now + (wait ?? 0), status, error })
  }

  function failure(answer: TokenEndpointAnswer, { secrets }: ComposedRequest): TokenEndpointError {
    const { status } = answer
    const says = saying(answer, secrets)
    if (status >= 500 || status === 408) {
      return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', `the token endpoint failed (${says})`, {
        status,
        retryable: true,
      })
    }
    // 0: a redirect as browsers show it to those who do not follow.
    const problem =
      status === 0 || (status >= 300 && status < 400)
        ? 'redirects, which is not followed; check `tokenEndpoint`'
        : 'refused the request'
    return new TokenEndpointError('ERR_AUTH_TOKEN_RESPONSE_INVALID', `the token endpoint ${problem} (${says})`, {
      status,
    })
  }

  function codeIn(answer: TokenEndpointAnswer): string | undefined {
    return errorCode(valueAt(answer, options.response?.error ?? 'error'))
  }

  function saying(answer: TokenEndpointAnswer, secrets: readonly string[]): string {
    const code = safeErrorCode(codeIn(answer), secrets)
    return code === undefined ? `${answer.status}` : `${answer.status}, ${code}`
  }

  return { credential, token }
}

function tooLarge({ status }: Response): TokenEndpointError {
  const problem = `the token endpoint's answer is larger than ${MAX_RESPONSE_BYTES} bytes`
  return new TokenEndpointError('ERR_AUTH_TOKEN_RESPONSE_INVALID', problem, { status })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The codes along the chain of causes, such as ECONNREFUSED; never a message, which may quote what was sent. */
function reasonOf(error: unknown): string {
  const codes: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) && !codes.includes(code)) codes.push(code)
  }
  if (codes.some((code) => /SELF_SIGNED|UNABLE_TO_|ISSUER/.test(code))) codes.push('see `ca` for private trust anchors')
  return codes.length === 0 ? '' : ` (${codes.join(', ')})`
}
