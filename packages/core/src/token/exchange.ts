import { AuthError, TokenEndpointError } from '../errors.ts'
import { abortable } from '../lib/abortable.ts'
import { boundedText } from '../lib/bounded-text.ts'
import { noStore } from '../runtime/no-store.ts'
import { agentsKnowProxies, fetchHasItsOwnWay, proxyEnvironment } from '../runtime/proxy-environment.ts'
import { timeLimit } from '../runtime/time-limit.ts'
import { whenFinished } from '../runtime/when-finished.ts'
import type { TokenEndpointAnswer } from './outcome-patterns.ts'
import type { ComposedRequest } from './token-request.ts'

export interface ExchangeOptions {
  /** Sends the request. */
  fetch: typeof globalThis.fetch
  /** ms for the whole exchange, body included. */
  timeout: number
  /** Whether nobody waits for the outcome: a program that has finished then need not either. */
  background: boolean
}

const MAX_RESPONSE_BYTES = 256 * 1024

/**
 * Sends one token request and reads the answer, bounded in time and size. No redirect is followed: the request holds a
 * secret.
 *
 * @throws TokenEndpointError for no answer, and for one that is too large.
 */
export async function exchange(request: ComposedRequest, options: ExchangeOptions): Promise<TokenEndpointAnswer> {
  const { url, method, headers, body } = request
  const { fetch, timeout } = options
  const limit = timeLimit(timeout)
  let finished = false
  const giveUp = (): void => {
    finished = true
    limit.giveUp()
  }
  const endWatch = options.background ? whenFinished(giveUp) : undefined
  const init: RequestInit = { method, headers, redirect: 'manual', ...noStore(), signal: limit.signal }
  if (body !== undefined) init.body = body
  let head: Response | undefined
  const send = async (): Promise<TokenEndpointAnswer> => {
    const response = await fetch(url, init)
    if (typeof response?.headers?.get !== 'function') throw new TypeError('no response')
    head = response
    const text = await boundedText(response, MAX_RESPONSE_BYTES)
    if (text === undefined) throw tooLarge(response)
    return { status: response.status, headers: response.headers, json: parse(text) }
  }
  try {
    return await abortable(send(), limit.signal)
  } catch (error) {
    // A rejection is one by its status: to ask again, because its body was cut off, would be another invalid login.
    if (head !== undefined && !head.ok) return { status: head.status, headers: head.headers, json: undefined }
    if (error instanceof AuthError) throw error
    throw unavailable(finished, limit.signal.aborted, timeout, error, new URL(url).host)
  } finally {
    endWatch?.()
    limit.end()
  }
}

function unavailable(
  finished: boolean,
  timedOut: boolean,
  timeout: number,
  error: unknown,
  host: string,
): TokenEndpointError {
  const problem = finished
    ? 'was not waited for, because the process has finished'
    : timedOut
      ? `did not answer within ${timeout} ms: ${host}`
      : `could not be reached${reasonOf(error)}: ${host}`
  return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', `the token endpoint ${problem}`, {
    retryable: true,
  })
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
  if (codes.length > 0 && isProxyUnused()) codes.push('HTTPS_PROXY is set; Node 22.21, 24.5 and later can use it')
  return codes.length === 0 ? '' : ` (${codes.join(', ')})`
}

function isProxyUnused(): boolean {
  return proxyEnvironment() !== undefined && !agentsKnowProxies() && !fetchHasItsOwnWay()
}
