import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AuthRequest, ConfigurationError, type Credentials, type Strategy } from '@auth/core'
import { reauthorize, redactError, removeQuery, sentRequest } from '@auth/core/adapter'
import type { Request, RequestHandler } from 'express'
import { requestHeaders, responseHeaders } from './forwarded-headers.ts'
import { remembered } from './identity.ts'
import { type Exchange, proxyExchange } from './proxy-exchange.ts'
import { badRequest, methodNotAllowed, problemOf, sendProblem } from './proxy-problem.ts'
import { proxyTarget } from './proxy-target.ts'

export interface CarrierProxyOptions {
  /** Absolute URL on one of the strategy's origins; its path goes before that of the request. */
  readonly target: string
  /** ms without a byte from the carrier, after which the request ends with 504. Default 30000. */
  readonly timeout?: number
  /** Further request headers that do not go on. Default: none. */
  readonly strip?: readonly string[]
  /** Receives what the client is not told: why a request ended with 502, 503 or 504. Holds no secret. Default: none. */
  readonly onError?: (error: unknown, request: Request) => void
}

/**
 * Forwards requests to a carrier with its credentials attached, streaming both ways, so that services in any language
 * reach it without holding its secret. What the client presented to this server stays here: the headers that
 * `requireAuth` read, `Authorization`, `X-Api-Key`, cookies and forwarding headers. A rejected request without a body is
 * sent once more. When the client leaves, the request to the carrier ends; when no credentials are to be had, the answer
 * is 502 or 503. Put it behind `requireAuth`, and before body parsers.
 *
 * @throws ConfigurationError for a wrong option.
 */
export function carrierProxy(strategy: Strategy, options: CarrierProxyOptions): RequestHandler {
  const { timeout = 30_000, strip = [], onError } = options
  if (typeof strategy?.authorize !== 'function') throw new ConfigurationError('strategy', 'must be a strategy')
  const target = proxyTarget(options.target, strategy)
  if (!Number.isFinite(timeout) || timeout <= 0) throw new ConfigurationError('timeout', 'must be more than 0 ms')
  if (!Array.isArray(strip) || strip.some((name) => typeof name !== 'string')) {
    throw new ConfigurationError('strip', 'must list names of headers')
  }
  const stripped = strip.map((name) => name.toLowerCase())
  const send = proxyExchange(timeout)

  const forward = async (exchange: Exchange, signal: AbortSignal): Promise<void> => {
    const { request, response, url } = exchange
    // Without the client's headers: none of them stands in for a credential of the strategy.
    const wanted: AuthRequest = { url, method: request.method, headers: {}, signal }
    let credentials = await strategy.authorize(wanted)
    try {
      let answer = await send(exchange, credentials)
      if (answer !== undefined && (answer.statusCode ?? 0) >= 400) {
        const fresh = await afterRejection(wanted, credentials, answer, hasBody(request))
        if (fresh !== undefined) {
          answer.resume()
          credentials = fresh
          answer = await send(exchange, credentials)
        }
      }
      if (answer !== undefined) passOn(answer, response, credentials)
    } catch (error) {
      redactError(error, credentials)
      throw error
    }
  }

  /** Fresh credentials for a request that can be sent again; for another the rejected ones are dropped, for the next. */
  const afterRejection = async (
    request: AuthRequest,
    credentials: Credentials,
    { statusCode: status = 0 }: IncomingMessage,
    isOneShot: boolean,
  ): Promise<Credentials | undefined> => {
    if (!isOneShot) return reauthorize(strategy, request, credentials, { status })
    strategy.recover(sentRequest(request, credentials), { status }).catch(() => {})
    return undefined
  }

  const handler: RequestHandler = async (request, response) => {
    // TRACE would send the attached credentials back to the client.
    if (request.method === 'TRACE' || !request.url.startsWith('/')) return sendProblem(response, methodNotAllowed)
    const url = target.urlOf(request.url)
    const { 'transfer-encoding': coding = 'chunked' } = request.headers
    if (url === undefined || coding.toLowerCase() !== 'chunked') return sendProblem(response, badRequest)
    if (request.readableDidRead) {
      throw new ConfigurationError('carrierProxy', 'the body has been read already: put body parsers behind it')
    }
    const headers = requestHeaders(request.headers, [...stripped, ...credentialHeaders(request)])
    const left = new AbortController()
    response.once('close', () => left.abort())
    try {
      await forward({ request, response, url, headers }, left.signal)
    } catch (error) {
      if (left.signal.aborted) return
      try {
        onError?.(error, request)
      } catch {
        // A listener is an observer: its failure must not become the request's.
      }
      sendProblem(response, problemOf(error))
    }
  }
  proxies.add(handler)
  return handler
}

const proxies = new WeakSet<object>()

/** Whether a handler is a `carrierProxy`. */
export const isCarrierProxy = (handler: object): boolean => proxies.has(handler)

/** The headers that `requireAuth` read as credentials, in lower case. */
function credentialHeaders(request: Request): string[] {
  return remembered(request)?.reports.map(({ via }) => via) ?? []
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0

function passOn(answer: IncomingMessage, response: ServerResponse, { query }: Credentials): void {
  const headers = responseHeaders(answer.headers)
  if (headers.location !== undefined) headers.location = removeQuery(headers.location, query)
  response.writeHead(answer.statusCode ?? 502, headers)
  answer.pipe(response)
}
