import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type FaultQueue, faultQueue } from './faults.ts'

/** What a simulator has seen. */
export interface Counters {
  /** Requests to the token endpoint, whatever the answer. */
  tokenRequests: number
  /** Those of them that were answered with 400 or more. */
  tokenFailures: number
  /** Requests to the API, whatever the answer; what fails in the TLS handshake never becomes a request. */
  apiCalls: number
  /** Those of them that were answered with 401 or 403. */
  apiRejections: number
}

/** A request as it reached a simulator, credentials included. */
export interface ObservedRequest {
  readonly carrier: string
  readonly endpoint: 'token' | 'api'
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Of token requests only. */
  readonly body: string | undefined
  /** Common name of the client certificate, where one was presented. */
  readonly clientCertificate: string | undefined
}

/** Counts, observes and spoils the requests of one carrier. */
export interface Recorder extends FaultQueue {
  readonly counters: Counters
  observe(request: IncomingMessage, endpoint: 'token' | 'api', body?: string): void
}

export function recorder(carrier: string, onRequest?: (request: ObservedRequest) => void): Recorder {
  return {
    ...faultQueue(),
    counters: { tokenRequests: 0, tokenFailures: 0, apiCalls: 0, apiRejections: 0 },
    observe(request, endpoint, body) {
      onRequest?.({
        carrier,
        endpoint,
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body,
        clientCertificate: commonName(request),
      })
    },
  }
}

function commonName({ socket }: IncomingMessage): string | undefined {
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN
  return Array.isArray(name) ? name[0] : name
}
