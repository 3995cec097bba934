import type { Reason } from './decision.ts'
import type { InboundRequest } from './request.ts'

/** What the `Authorization` header holds for one scheme. */
export type Presented =
  | { readonly credentials: string }
  | { readonly outcome: 'missing' | 'invalid' | 'bad_request'; readonly reason: Reason }

const MISSING: Presented = { outcome: 'missing', reason: 'missing' }
const DUPLICATE: Presented = { outcome: 'bad_request', reason: 'duplicate_header' }
const AMBIGUOUS: Presented = { outcome: 'bad_request', reason: 'malformed' }
const MALFORMED: Presented = { outcome: 'invalid', reason: 'malformed' }
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Reads `scheme token68` (RFC 9110 section 11.4). Another scheme is a missing credential; two headers, a list, or the
 * scheme's name alone are a bad request; other characters are an invalid credential. `scheme` is in lower case.
 */
export function readAuthorization(request: InboundRequest, scheme: string): Presented {
  const lines = request.header('authorization')
  if (lines.length > 1) return DUPLICATE
  const line = lines[0]
  if (line === undefined) return MISSING
  const space = line.indexOf(' ')
  const name = space === -1 ? line : line.slice(0, space)
  if (name.length !== scheme.length || name.toLowerCase() !== scheme) return MISSING
  if (space === -1) return AMBIGUOUS
  let start = space + 1
  while (line.charCodeAt(start) === 32) start++
  const credentials = line.slice(start)
  if (TOKEN68.test(credentials)) return { credentials }
  // A space, tab or comma: something follows the credentials, and it is not for us to say which part counts.
  return credentials === '' || /[ \t,]/.test(credentials) ? AMBIGUOUS : MALFORMED
}
