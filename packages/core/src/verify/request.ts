import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ConfigurationError } from '../errors.ts'
import { kindOf } from '../lib/options.ts'
import { type BodyReading, readFetchBody, readNodeBody } from './body.ts'

/** The connection a request came on, as far as a policy looks at it; a `net.Socket` or `tls.TLSSocket` is one. */
export interface InboundSocket {
  readonly remoteAddress?: string | undefined
  /** `true` on a TLS connection. */
  readonly encrypted?: boolean
  /** Whether the client's certificate chains up to a trust anchor of the server. */
  readonly authorized?: boolean
  getPeerX509Certificate?(): X509Certificate | undefined
}

/** A request as a framework's adapter reduces it for the policies. */
export interface InboundRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  readonly socket: InboundSocket
  /** Address of the connection. Default: the socket's. */
  readonly remoteAddress?: string | undefined
  /** The client's certificate, verified by the server; `null` when it presented none. Default: the socket's. */
  readonly peerCertificate?: X509Certificate | null | undefined
  /** `false` where the socket does not say whether the client presented a certificate. Default `true`. */
  readonly seesCertificate?: boolean
  /** What {@link inboundRequest} was given: the message of Node, Express' request, or the Fetch `Request`. */
  readonly original?: unknown
  /** Reads the raw body, at most `limit` bytes of it, and leaves it to be read again. Absent where it cannot be read. */
  readonly readBody?: (limit: number) => Promise<BodyReading>
  /** The values of all lines of a header as they came over the wire, `name` in lower case; empty when there is none. */
  header(name: string): readonly string[]
}

/** What {@link inboundRequest} reads of a Node request; an `http.IncomingMessage` is one. */
export interface IncomingMessageLike {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** The URL as sent, where a router has shortened `url`, as Express does. */
  readonly originalUrl?: string | undefined
  /** Names and values in turn, as received. Without it, `headers` is read. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined
  readonly socket?: InboundSocket | null | undefined
}

/** What {@link inboundRequest} reads of a Fetch `Request`. */
export interface FetchRequestLike {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** What the request itself does not say. */
export interface ConnectionDetails {
  /**
   * Address of the connection, not of a header: `trusted` proxies are told by it. Default: the socket's; for a Fetch
   * `Request` none, and then failed attempts count by credential alone, so that no stranger can lock an account out.
   */
  readonly remoteAddress?: string | undefined
  /**
   * The client's certificate, verified by the server; `null` when it presented none. Default: the socket's; for a Fetch
   * `Request` unknown, which `clientCertificate` answers with 503, and `anyOf` passes over.
   */
  readonly peerCertificate?: X509Certificate | null | undefined
  /** Path and query as sent, where a framework has rewritten those of the request. */
  readonly url?: string | undefined
  /** The framework's own request, for `attempts.peer`. Default: the request that is reduced. */
  readonly original?: unknown
}

/**
 * Reduces a request for the policies: one of Node's HTTP server, told by its shape, or a Fetch `Request`.
 *
 * Headers of Node are read from what came over the wire: `headers` drops or joins repeated lines
 * (https://nodejs.org/api/http.html#messageheaders), and other middleware can change it. Where only joined headers are
 * known (Fetch, serverless adapters), a value with `, ` inside counts as two lines.
 *
 * @throws ConfigurationError for what is no request.
 *
 * @example
 * const decide = guard(policy)
 * const verdict = await decide(inboundRequest(request, { remoteAddress }))
 * if (!verdict.pass) return toResponse(verdict)
 */
export function inboundRequest(
  message: IncomingMessageLike | FetchRequestLike,
  details: ConnectionDetails = {},
): InboundRequest {
  if (typeof message !== 'object' || message === null) {
    throw new ConfigurationError('request', `must be a request of Node or of Fetch, not ${kindOf(message)}`)
  }
  return isFetchRequest(message) ? fetchRequest(message, details) : nodeRequest(message, details)
}

function isFetchRequest(message: IncomingMessageLike | FetchRequestLike): message is FetchRequestLike {
  return typeof (message.headers as { get?: unknown } | undefined)?.get === 'function'
}

function nodeRequest(message: IncomingMessageLike, details: ConnectionDetails): InboundRequest {
  const { rawHeaders, headers = {} } = message
  const socket = message.socket ?? NO_SOCKET
  return {
    method: message.method ?? 'GET',
    url: details.url ?? message.originalUrl ?? message.url ?? '/',
    socket,
    remoteAddress: details.remoteAddress ?? socket.remoteAddress,
    peerCertificate: details.peerCertificate,
    // A serverless adapter says that the connection is encrypted, and has no certificate to show.
    seesCertificate:
      socket !== NO_SOCKET && (socket.encrypted !== true || typeof socket.getPeerX509Certificate === 'function'),
    original: details.original ?? message,
    readBody: (limit) => readNodeBody(message as IncomingMessage, limit, [message, details.original]),
    // An environment that makes up requests has no raw headers, or an empty list (serverless-http).
    header:
      rawHeaders !== undefined && rawHeaders.length > 0
        ? (name) => headerLines(rawHeaders, name)
        : (name) => parsedLines(headers, name),
  }
}

function fetchRequest(request: FetchRequestLike, details: ConnectionDetails): InboundRequest {
  const { headers } = request
  return {
    method: request.method,
    url: details.url ?? pathOf(request.url),
    socket: NO_SOCKET,
    remoteAddress: details.remoteAddress,
    peerCertificate: details.peerCertificate,
    seesCertificate: false,
    original: details.original ?? request,
    readBody: (limit) => readFetchBody(request as Request, limit),
    header: (name) => joinedLines(headers.get(name), name),
  }
}

const NO_SOCKET: InboundSocket = Object.freeze({})

/** The address of the connection; `undefined` where it is unknown, as on a unix socket. */
export function remoteAddressOf({ remoteAddress, socket }: InboundRequest): string | undefined {
  return remoteAddress ?? socket.remoteAddress
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url, 'http://localhost')
  return pathname + search
}

const NO_LINES: readonly string[] = Object.freeze([])

/** Lists that have commas of their own in one line: the reader of the header tells its elements apart. */
const LISTS: ReadonlySet<string> = new Set(['x-forwarded-client-cert'])

/** Fetch joins repeated lines with a comma and a space (https://fetch.spec.whatwg.org/#concept-header-list-get). */
function joinedLines(value: string | null | undefined, name: string): readonly string[] {
  if (value === null || value === undefined) return NO_LINES
  return LISTS.has(name) || !value.includes(', ') ? [value] : value.split(', ')
}

function parsedLines(headers: NonNullable<IncomingMessageLike['headers']>, name: string): readonly string[] {
  // Names are in lower case in Node, and as they were sent in some of the environments that make up requests.
  const values = Object.entries(headers)
    .filter(([candidate]) => candidate.toLowerCase() === name)
    .flatMap(([, value]) => value ?? [])
  return values.length === 1 ? joinedLines(String(values[0]), name) : values.map(String)
}

function headerLines(rawHeaders: readonly string[], name: string): readonly string[] {
  let lines: string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    // The length decides most comparisons.
    if (candidate.length !== name.length || !isName(candidate, name)) continue
    const value = rawHeaders[i + 1] as string
    if (lines === undefined) lines = [value]
    else lines.push(value)
  }
  return lines ?? NO_LINES
}

/** Compares without regard to the case of ASCII letters, and without a copy; `name` is in lower case. */
function isName(candidate: string, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = candidate.charCodeAt(i)
    if ((code >= 65 && code <= 90 ? code + 32 : code) !== name.charCodeAt(i)) return false
  }
  return true
}
