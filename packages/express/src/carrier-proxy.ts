import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AuthRequest, ConfigurationError, type Credentials, type Strategy } from '@auth/core'
import { addQuery, lowerCaseHeaders, reauthorize, removeQuery, scrub, sentRequest } from '@auth/core/adapter'
import { tlsAgent } from '@auth/core/node'
import type { Request, RequestHandler, Response } from 'express'
import { createProxyServer } from 'httpxy'
import { requestHeaders, responseHeaders } from './forwarded-headers.ts'
import { remembered } from './identity.ts'
import { CarrierTimeout, problemOf, sendProblem } from './proxy-problem.ts'

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
  const target = checkedTarget(options.target, strategy)
  if (!Number.isFinite(timeout) || timeout <= 0) throw new ConfigurationError('timeout', 'must be more than 0 ms')
  if (!Array.isArray(strip) || strip.some((name) => typeof name !== 'string')) {
    throw new ConfigurationError('strip', 'must list names of headers')
  }
  const stripped = strip.map((name) => name.toLowerCase())
  const proxy = createProxyServer()
  const exchanges = new WeakMap<object, Exchange>()
  proxy.on('proxyReq', (outgoing, _request, response) => {
    outgoing.on('timeout', () => exchanges.get(response)?.timedOut())
  })
  proxy.on('proxyRes', (incoming, _request, response) => exchanges.get(response)?.answered(incoming))

  /** Sends the request; resolves with the carrier's answer, or with nothing when the client has left. */
  const send = (
    request: Request,
    response: Response,
    url: string,
    headers: Request['headers'],
    { headers: attached, query, tls }: Credentials,
  ): Promise<IncomingMessage | undefined> =>
    new Promise((resolve, reject) => {
      let late = false
      exchanges.set(response, {
        answered: resolve,
        timedOut() {
          late = true
        },
      })
      request.headers = { ...headers, ...lowerCaseHeaders(attached) }
      proxy
        .web(request, response, {
          target: new URL(addQuery(url, query)),
          ignorePath: true,
          changeOrigin: true,
          selfHandleResponse: true,
          proxyTimeout: timeout,
          ...(tls !== undefined && { agent: tlsAgent(tls, target.origin) }),
        })
        .then(
          () => resolve(undefined),
          (error) => reject(late ? new CarrierTimeout() : error),
        )
    })

  const forward = async (request: Request, response: Response, url: string, signal: AbortSignal): Promise<void> => {
    const { method } = request
    // Without the client's headers: none of them stands in for a credential of the strategy.
    const wanted: AuthRequest = { url, method, headers: {}, signal }
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0
    const headers = requestHeaders(request.headers, [...stripped, ...credentialHeaders(request)])
    let credentials = await strategy.authorize(wanted)
    try {
      let answer = await send(request, response, withoutNames(url, credentials), headers, credentials)
      if (answer !== undefined && (answer.statusCode ?? 0) >= 400) {
        const fresh = await afterRejection(wanted, credentials, answer, hasBody)
        if (fresh !== undefined) {
          answer.resume()
          credentials = fresh
          answer = await send(request, response, withoutNames(url, credentials), headers, credentials)
        }
      }
      if (answer !== undefined) passOn(answer, response, credentials)
    } catch (error) {
      scrub(error, credentials)
      throw error
    }
  }

  /** Fresh credentials for a request that can be sent again; for another the rejected ones are dropped, for the next. */
  const afterRejection = async (
    request: AuthRequest,
    credentials: Credentials,
    { statusCode: status = 0 }: IncomingMessage,
    hasBody: boolean,
  ): Promise<Credentials | undefined> => {
    if (!hasBody) return reauthorize(strategy, request, credentials, { status })
    strategy.recover(sentRequest(request, credentials), { status }).catch(() => {})
    return undefined
  }

  const handler: RequestHandler = async (request, response) => {
    if (request.method === 'TRACE' || request.method === 'CONNECT' || !request.url.startsWith('/')) {
      // TRACE would send the attached credentials back to the client.
      return sendProblem(response, {
        status: 405,
        title: 'Method Not Allowed',
        detail: 'This cannot be forwarded.',
        code: 'method_not_allowed',
      })
    }
    if (request.readableDidRead) {
      throw new ConfigurationError('carrierProxy', 'the body has been read already: put body parsers behind it')
    }
    const url = new URL(`${target.origin}${target.pathname.replace(/\/$/, '')}${request.url}`)
    if (!isBelow(url, target)) {
      return sendProblem(response, {
        status: 400,
        title: 'Bad Request',
        detail: 'The path leaves what is forwarded.',
        code: 'path_not_forwarded',
      })
    }
    const left = new AbortController()
    response.once('close', () => left.abort())
    try {
      await forward(request, response, url.href, left.signal)
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
  return remembered(request)?.reports.map(({ carrier }) => carrier) ?? []
}

interface Exchange {
  answered(answer: IncomingMessage): void
  timedOut(): void
}

function checkedTarget(target: unknown, strategy: Strategy): URL {
  if (typeof target !== 'string' || !URL.canParse(target)) {
    throw new ConfigurationError('target', 'must be an absolute URL')
  }
  const url = new URL(target)
  if (!strategy.origins.includes(url.origin)) {
    throw new ConfigurationError('target', `must be on an origin of the strategy: ${strategy.origins.join(', ')}`)
  }
  if (url.search !== '' || url.hash !== '')
    throw new ConfigurationError('target', 'must have neither query nor fragment')
  return url
}

/** Segments of two dots, also encoded ones, have been resolved by then; not so where the slash is encoded. */
const HIDDEN_DOTS = /(?:^|\/|%2f|%5c)(?:\.|%2e){2}(?:\/|%2f|%5c|$)/i

function isBelow(url: URL, target: URL): boolean {
  const base = target.pathname.replace(/\/$/, '')
  if (HIDDEN_DOTS.test(url.pathname)) return false
  return url.origin === target.origin && (url.pathname === base || url.pathname.startsWith(`${base}/`))
}

/** A query key of the client's own must not stand in for the carrier's. */
function withoutNames(url: string, { query }: Credentials): string {
  if (query === undefined) return url
  let rest = url
  for (const name of Object.keys(query)) {
    for (const value of new URL(url).searchParams.getAll(name)) rest = removeQuery(rest, { [name]: value })
  }
  return rest
}

function passOn(answer: IncomingMessage, response: ServerResponse, { query }: Credentials): void {
  const headers = responseHeaders(answer.headers)
  if (headers.location !== undefined) headers.location = removeQuery(headers.location, query)
  response.writeHead(answer.statusCode ?? 502, headers)
  answer.pipe(response)
}
