import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Credentials } from '@auth/core'
import { addQuery, lowerCaseHeaders, removeQuery } from '@auth/core/adapter'
import { tlsAgent } from '@auth/core/node'
import type { Request, Response } from 'express'
import { createProxyServer } from 'httpxy'
import { CarrierTimeout } from './proxy-problem.ts'

/** One request on its way through. */
export interface Exchange {
  readonly request: Request
  readonly response: Response
  /** Where it goes. */
  readonly url: string
  /** The client's header fields that go along. */
  readonly headers: IncomingHttpHeaders
}

/** Sends a request on; resolves with the carrier's answer, or with nothing when the client has left. */
export type SendOn = (exchange: Exchange, credentials: Credentials) => Promise<IncomingMessage | undefined>

/** `timeout`: ms without a byte from the carrier. */
export function proxyExchange(timeout: number): SendOn {
  const proxy = createProxyServer()
  const waiting = new WeakMap<object, { answered(answer: IncomingMessage): void; timedOut(): void }>()
  proxy.on('proxyReq', (outgoing, _request, response) => {
    outgoing.on('timeout', () => waiting.get(response)?.timedOut())
  })
  proxy.on('proxyRes', (incoming, _request, response) => waiting.get(response)?.answered(incoming))

  return ({ request, response, url, headers }, credentials) =>
    new Promise((resolve, reject) => {
      const { query, tls } = credentials
      let late = false
      waiting.set(response, {
        answered: resolve,
        timedOut() {
          late = true
        },
      })
      const own = request.headers
      request.headers = { ...headers, ...lowerCaseHeaders(credentials.headers) }
      const done = proxy.web(request, response, {
        target: new URL(addQuery(withoutNames(url, query), query)),
        ignorePath: true,
        changeOrigin: true,
        selfHandleResponse: true,
        proxyTimeout: timeout,
        ...(tls !== undefined && { agent: tlsAgent(tls, new URL(url).origin) }),
      })
      // They have been copied by now, and whoever logs the request must not find the credentials.
      request.headers = own
      done.then(
        () => resolve(undefined),
        (error) => reject(late ? new CarrierTimeout() : error),
      )
    })
}

/** A query key of the client's own must not stand in for the carrier's. */
function withoutNames(url: string, query: Credentials['query']): string {
  if (query === undefined) return url
  let rest = url
  for (const name of Object.keys(query)) {
    for (const value of new URL(url).searchParams.getAll(name)) rest = removeQuery(rest, { [name]: value })
  }
  return rest
}
