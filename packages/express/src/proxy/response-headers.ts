import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { hopByHop } from './hop-by-hop.ts'
import { linksLedBack, refreshLedBack } from './references.ts'
import type { ShowsAttached } from './traces.ts'

/** What a browser applies to the origin that it asked, which is this server's, and challenges for its credentials. */
const SPEAKS_FOR_THE_ORIGIN = new Set([
  'accept-ch',
  'accept-ch-lifetime',
  'alt-svc',
  'authentication-info',
  'clear-site-data',
  'critical-ch',
  'delegate-ch',
  'document-policy',
  'document-policy-report-only',
  'expect-ct',
  'feature-policy',
  'integrity-policy',
  'integrity-policy-report-only',
  'login-status',
  'nel',
  'no-vary-search',
  'observe-browsing-topics',
  'origin-agent-cluster',
  'origin-trial',
  'p3p',
  'permissions-policy',
  'permissions-policy-report-only',
  'public-key-pins',
  'public-key-pins-report-only',
  'referrer-policy',
  'report-to',
  'reporting-endpoints',
  'require-document-policy',
  'service-worker-allowed',
  'set-cookie',
  'set-cookie2',
  'set-login',
  'sourcemap',
  'speculation-rules',
  'strict-transport-security',
  'supports-loading-mode',
  'timing-allow-origin',
  'tk',
  'www-authenticate',
  'x-content-security-policy',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-powered-by',
  'x-sourcemap',
  'x-ua-compatible',
  'x-webkit-csp',
  'x-xss-protection',
])
const SPEAKS_FOR_THE_ORIGIN_PREFIXES = [
  'access-control-',
  'activate-storage-',
  'attribution-reporting-',
  'content-security-policy',
  'cross-origin-',
  'sec-',
]

/** These describe the carrier's answer: one that the app has set for its own does not fit. */
const OF_THE_ANSWER =
  /^(?:content-(?!security-policy)|accept-ranges$|age$|date$|etag$|last-modified$|location$|retry-after$)/

export interface ResponseRewriting {
  /** A reference of the answer as the client can follow it. */
  readonly lead: (reference: string) => string | undefined
  readonly shows: ShowsAttached
}

/**
 * The answer's fields that go back to the client. What speaks for the origin stays out; what the app has set already
 * stays, except where it describes the body; `Vary` and `Link` have what both say; references lead back.
 */
export function responseHeaders(
  answer: IncomingMessage,
  own: OutgoingHttpHeaders,
  { lead, shows }: ResponseRewriting,
): OutgoingHttpHeaders {
  const { headers } = answer
  const connection = hopByHop(headers.connection)
  const passed: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || connection.has(name) || speaksForTheOrigin(name)) continue
    const text = String(value)
    const rewritten = rewrite(name, text, lead)
    if (rewritten === undefined || rewritten === '' || shows(rewritten)) continue
    const mine = own[name]
    if (mine === undefined || OF_THE_ANSWER.test(name)) passed[name] = rewritten
    else if (name === 'vary') passed[name] = mergedVary(mine, rewritten)
    else if (name === 'link') passed[name] = [mine, rewritten].flat().join(', ')
  }
  // Whatever `Connection` says: without its length the body would be delimited otherwise.
  if (headers['content-length'] !== undefined) passed['content-length'] = headers['content-length']
  return passed
}

const speaksForTheOrigin = (name: string): boolean =>
  SPEAKS_FOR_THE_ORIGIN.has(name) || SPEAKS_FOR_THE_ORIGIN_PREFIXES.some((prefix) => name.startsWith(prefix))

function rewrite(name: string, value: string, lead: ResponseRewriting['lead']): string | undefined {
  if (name === 'location' || name === 'content-location') return lead(value)
  if (name === 'link') return linksLedBack(value, lead)
  if (name === 'refresh') return refreshLedBack(value, lead)
  return value
}

function mergedVary(...values: (OutgoingHttpHeaders[string] | string)[]): string {
  const names = values.flatMap((value) => String(value).split(',')).map((name) => name.trim())
  if (names.includes('*')) return '*'
  const seen = new Map(names.filter(Boolean).map((name) => [name.toLowerCase(), name]))
  return [...seen.values()].join(', ')
}
