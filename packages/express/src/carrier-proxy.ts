import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthRequest, Credentials, Strategy } from '@auth/core'
import { abortable, lowerCaseHeaders, reauthorize, redactError, reportRefusal, tell } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import {
  anything,
  type Checks,
  callable,
  checkOptions,
  LONGEST_TIMER,
  listOf,
  milliseconds,
  text,
} from '@auth/core/options'
import { credentialHeaders } from '@auth/core/verify'
import type { NextFunction, Request } from 'express'
import type { RouteHandler } from './handler.ts'
import { proxyAgents } from './proxy/agents.ts'
import { discard, passOn, releaseUpload } from './proxy/answer.ts'
import { sendOn } from './proxy/exchange.ts'
import { type Framing, framingOf } from './proxy/framing.ts'
import { peekText } from './proxy/peek.ts'
import { badRequest, CarrierTimeout, methodNotAllowed, problemOf, sendProblem } from './proxy/problem.ts'
import { withQuery } from './proxy/query.ts'
import { requestHeaders, withAttached } from './proxy/request-headers.ts'
import { proxyTarget } from './proxy/target.ts'

export interface CarrierProxyOptions {
  /** Absolute URL on one of the strategy's origins; its path goes before that of the request. */
  readonly target: string
  /**
   * ms in which nothing moves, after which the request ends: while it waits for a connection, sends the body, waits for
   * the answer, or receives it. 504, or 408 when the client is the one who stopped. Default 30000.
   */
  readonly timeout?: number
  /**
   * ms from the request's arrival to the head of the answer, uploads, tokens and the replay included; then 504 or 408.
   * The body of an answer may take longer. Default ten times `timeout`.
   */
  readonly deadline?: number
  /** Further request headers that do not go on. Default: none. */
  readonly strip?: readonly string[]
  /** Receives what the client is not told: why a request ended with 408, 502, 503 or 504. Holds no secret. Default: none. */
  readonly onError?: (error: unknown, request: Request) => void
}

const OPTIONS: Checks<CarrierProxyOptions> = {
  target: anything,
  timeout: milliseconds(LONGEST_TIMER),
  deadline: milliseconds(LONGEST_TIMER),
  strip: listOf(text),
  onError: callable,
}

// ms for which a client may go on sending after its answer.
const LINGER = 5_000
// TRACE would send the attached credentials back to the client.
const NOT_FORWARDED = new Set(['CONNECT', 'TRACE', 'TRACK'])

/**
 * Forwards requests to a carrier with its credentials attached, streaming both ways, so that services in any language
 * reach it without holding its secret. What the client presented to this server stays here, and what the carrier's
 * headers say about its own origin stays there; see the README for the lists. A rejected request without a body is sent
 * once more. When the client leaves, the request to the carrier ends; without credentials the answer is 502 or 503. Put
 * it behind `requireAuth`, and before body parsers.
 *
 * @throws ConfigurationError for a wrong or unknown option.
 *
 * @example
 * app.use('/posti', requireAuth(policy), carrierProxy(strategy, { target: 'https://api.posti.fi' }))
 */
export function carrierProxy(strategy: Strategy, options: CarrierProxyOptions): RouteHandler {
  if (typeof strategy?.authorize !== 'function') throw new ConfigurationError('strategy', 'must be a strategy')
  checkOptions(options, OPTIONS, 'carrierProxy')
  const { timeout = 30_000, deadline = Math.min(timeout * 10, LONGEST_TIMER), strip = [], onError } = options
  const target = proxyTarget(options.target, strategy)
  const agentFor = proxyAgents()

  /** Reports an answer that is handed over whatever the strategy makes of it, once it has looked into the body. */
  const report = async (wanted: AuthRequest, credentials: Credentials, answer: IncomingMessage, replayed: boolean) => {
    let peeked: Promise<string | undefined> | undefined
    const body = (): Promise<string | undefined> => {
      peeked = peekText(answer)
      return peeked
    }
    reportRefusal(strategy, wanted, credentials, { ...judged(answer, replayed), body })
    await peeked
  }

  /** Asks the carrier, once more after a rejection that new credentials may cure; resolves with the answer's head. */
  const ask = async (request: Request, url: URL, framing: Framing, signal: AbortSignal) => {
    const headers = requestHeaders(request.headers, [...strip, ...credentialHeaders(request)])
    // Without the client's headers: none of them stands in for a credential of the strategy.
    const wanted: AuthRequest = { url: url.href, method: request.method, headers: {}, signal }
    const send = (credentials: Credentials): Promise<IncomingMessage> =>
      sendOn({
        url: withQuery(url, credentials.query),
        method: request.method,
        headers: { ...withAttached(headers, lowerCaseHeaders(credentials.headers)), ...framing.headers },
        body: framing.hasBody ? { stream: request, length: framing.length } : undefined,
        agent: agentFor(url, credentials.tls),
        pause: timeout,
        signal,
      })
    let credentials = await abortable(strategy.authorize(wanted), signal)
    try {
      let answer = await send(credentials)
      if ((answer.statusCode ?? 0) >= 400) {
        if (framing.hasBody) await report(wanted, credentials, answer, false)
        else {
          const fresh = await reauthorize(strategy, wanted, credentials, judged(answer, false))
          if (fresh !== undefined) {
            discard(answer)
            credentials = fresh
            answer = await send(credentials)
            if ((answer.statusCode ?? 0) >= 400) await report(wanted, credentials, answer, true)
          }
        }
      }
      return { answer, credentials }
    } catch (error) {
      redactError(error, credentials)
      throw error
    }
  }

  const handle = async (request: Request, response: ServerResponse, next: NextFunction): Promise<void> => {
    const { method, url: requested, baseUrl } = request
    if (NOT_FORWARDED.has(method) || !requested.startsWith('/')) return sendProblem(response, methodNotAllowed)
    const url = target.urlOf(requested)
    const framing = framingOf(request)
    if (url === undefined || framing === undefined) return sendProblem(response, badRequest)
    if (framing.hasBody && request.readableDidRead) {
      return next(new ConfigurationError('carrierProxy', 'the body has been read already: put body parsers behind it'))
    }
    const ended = new AbortController()
    const leave = (): void => ended.abort()
    if (response.closed) return
    response.once('close', leave)
    const end = setTimeout(() => ended.abort(new CarrierTimeout()), deadline).unref()
    try {
      const { answer, credentials } = await ask(request, url, framing, ended.signal)
      clearTimeout(end)
      passOn({ answer, response, credentials, requested: url, mount: { ...target, path: baseUrl } })
    } catch (error) {
      if (response.closed) return
      tell(onError, error, request)
      sendProblem(response, problemOf(error))
    } finally {
      clearTimeout(end)
    }
    releaseUpload(request, response, Math.min(timeout, LINGER))
  }

  const handler: RouteHandler = (request, response, next) => {
    // Not returned: Express 4 ignores promises.
    handle(request as Request, response, next).catch(next)
  }
  proxies.add(handler)
  return handler
}

const judged = (answer: IncomingMessage, replayed: boolean) => ({
  status: answer.statusCode ?? 0,
  headers: answer.headers,
  body: () => peekText(answer),
  replayed,
})

const proxies = new WeakSet<object>()

/** Whether a handler is a `carrierProxy`. */
export const isCarrierProxy = (handler: object): boolean => proxies.has(handler)
