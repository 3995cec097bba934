import { formatChallenge } from './challenge.ts'
import type { RefusalOutcome, Refused } from './decision.ts'

/** The HTTP response to a refused request, as data. */
export interface RefusalResponse {
  readonly status: 400 | 401 | 403 | 413 | 429 | 503
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Problem details (RFC 9457); `code` is stable. */
  readonly body: {
    readonly type: 'about:blank'
    readonly title: string
    readonly status: number
    readonly detail: string
    readonly code: string
  }
}

/**
 * The response to a refused request: the status, one challenge per layer that asks for something (RFC 9110 section
 * 11.6.1), and a body that says nothing about the server's inside or the credential.
 */
export function refusalResponse(refused: Refused): RefusalResponse {
  const { status, title, detail, code } = RESPONSES[refused.outcome]
  const challenges =
    status === 413 || status === 429 || status === 503 ? [] : [...new Set(refused.challenges.map(formatChallenge))]
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(challenges.length > 0 && { 'www-authenticate': challenges }),
      ...(refused.retryAfter !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(refused.retryAfter))) }),
    },
    body: { type: 'about:blank', title, status, detail, code },
  }
}

/**
 * The Fetch `Response` to a refused request. Several challenges are joined by ", ".
 *
 * @example
 * const verdict = await decide(inboundRequest(request))
 * return verdict.pass ? handle(request) : toResponse(verdict)
 */
export function toResponse(refused: Refused): Response {
  const { status, headers, body } = refusalResponse(refused)
  const written = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : value.join(', '),
  ])
  return new Response(JSON.stringify(body), { status, headers: written })
}

const RESPONSES: Readonly<
  Record<RefusalOutcome, Pick<RefusalResponse, 'status'> & Pick<RefusalResponse['body'], 'title' | 'detail' | 'code'>>
> = {
  missing: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The request lacks credentials that this resource needs.',
    code: 'credentials_missing',
  },
  invalid: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The credentials of the request are not accepted.',
    code: 'credentials_invalid',
  },
  insufficient_scope: {
    status: 403,
    title: 'Forbidden',
    detail: 'The credentials do not grant what this request needs.',
    code: 'insufficient_scope',
  },
  party_mismatch: {
    status: 403,
    title: 'Forbidden',
    detail: 'The credentials of the request belong to different parties.',
    code: 'party_mismatch',
  },
  bad_request: {
    status: 400,
    title: 'Bad Request',
    detail: 'The credentials of the request are malformed or repeated.',
    code: 'invalid_request',
  },
  too_large: {
    status: 413,
    title: 'Content Too Large',
    detail: 'The body of the request is too long.',
    code: 'content_too_large',
  },
  throttled: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'There were too many failed attempts.',
    code: 'too_many_attempts',
  },
  undecided: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'The credentials cannot be verified at the moment.',
    code: 'temporarily_unavailable',
  },
}
