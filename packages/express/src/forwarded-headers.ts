import type { IncomingHttpHeaders } from 'node:http'

/** Fields that concern one connection (RFC 9110 section 7.6.1), and what goes with them. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Fields that hold credentials for this server, or tell of what stands in front of it. */
const INBOUND = [
  'authorization',
  'client-cert',
  'client-cert-chain',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'x-api-key',
  'x-forwarded-client-cert',
  'x-real-ip',
]

/** The request's header fields that go on to the carrier; `strip` are further ones that do not, in lower case. */
export function requestHeaders(headers: IncomingHttpHeaders, strip: readonly string[]): IncomingHttpHeaders {
  const kept = endToEnd(headers)
  for (const name of [...INBOUND, ...strip]) delete kept[name]
  for (const name of Object.keys(kept)) if (name.startsWith('x-forwarded-')) delete kept[name]
  // Node frames the body of a GET or DELETE only where it is told to; without, the body would be the next request.
  if (headers['transfer-encoding'] !== undefined) kept['transfer-encoding'] = 'chunked'
  return kept
}

/** The response's header fields that go back; the carrier's cookies are between it and this server. */
export function responseHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = endToEnd(headers)
  delete kept['set-cookie']
  return kept
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = { ...headers }
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  for (const name of [...HOP_BY_HOP, ...named]) delete kept[name]
  return kept
}
