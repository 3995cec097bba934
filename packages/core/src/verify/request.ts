import type { X509Certificate } from 'node:crypto'

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
  /** The values of all lines of a header as they came over the wire, `name` in lower case; empty when there is none. */
  header(name: string): readonly string[]
}

/** What {@link inboundRequest} reads; an `http.IncomingMessage` is one. */
export interface IncomingMessageLike {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[]
  readonly socket: InboundSocket
}

/**
 * Reduces a request of Node's HTTP server. Headers are read from what came over the wire: `headers` drops or joins
 * repeated lines (https://nodejs.org/api/http.html#messageheaders), and other middleware can change it.
 */
export function inboundRequest(message: IncomingMessageLike): InboundRequest {
  const { rawHeaders, socket } = message
  return {
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    socket,
    header: (name) => headerLines(rawHeaders, name),
  }
}

const NO_LINES: readonly string[] = Object.freeze([])

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
