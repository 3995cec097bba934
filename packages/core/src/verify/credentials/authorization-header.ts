import type { Reason } from '../decision.ts'
import type { InboundRequest } from '../request.ts'

/** What the `Authorization` header holds for one scheme. */
export type Presented =
  | { readonly credentials: string }
  | { readonly outcome: 'missing' | 'bad_request'; readonly reason: Reason }

const MISSING: Presented = { outcome: 'missing', reason: 'missing' }
const DUPLICATE: Presented = { outcome: 'bad_request', reason: 'duplicate_header' }
const AMBIGUOUS: Presented = { outcome: 'bad_request', reason: 'malformed' }
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Reads `scheme credentials` (RFC 9110 section 11.4). Another scheme is a missing credential; two headers, a list, or
 * the scheme's name alone are a bad request. `scheme` is letters in lower case.
 */
export function readAuthorization(request: InboundRequest, scheme: string): Presented {
  const lines = request.header('authorization')
  if (lines.length > 1) return DUPLICATE
  const line = lines[0]
  if (line === undefined) return MISSING
  if (!startsWithScheme(line, scheme)) return MISSING
  if (line.length === scheme.length) return AMBIGUOUS
  let start = scheme.length + 1
  while (line.charCodeAt(start) === SPACE) start++
  const credentials = line.slice(start)
  // A space, tab or comma: something follows the credentials, and it is not for us to say which part counts.
  if (credentials === '' || credentials.includes(' ') || credentials.includes('\t') || credentials.includes(',')) {
    return AMBIGUOUS
  }
  return { credentials }
}

const SPACE = 32

/** Whether the scheme, in any case, stands before a space or the end. It is all letters: one bit makes them lower case. */
function startsWithScheme(line: string, scheme: string): boolean {
  if (line.length > scheme.length && line.charCodeAt(scheme.length) !== SPACE) return false
  for (let i = 0; i < scheme.length; i++) {
    if ((line.charCodeAt(i) | 0x20) !== scheme.charCodeAt(i)) return false
  }
  return true
}

/** Whether credentials have the characters of token68 (RFC 9110 section 11.2) and no others. */
export function isToken68(credentials: string): boolean {
  return TOKEN68.test(credentials)
}
