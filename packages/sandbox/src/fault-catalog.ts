import { type Fault, fault, type TokenFault } from './faults.ts'
import { type Answer, json } from './response.ts'

/** Where a fault may be set. */
export type FaultEndpoint = 'token' | 'api'

interface CatalogEntry {
  /** What happens, in a few words. */
  readonly summary: string
  /** Set at the token endpoint. */
  token?(retryAfter: number): TokenFault
  /** Set at the API. */
  api?(retryAfter: number): Fault
}

const both = (summary: string, make: (retryAfter: number) => Fault): CatalogEntry => ({
  summary,
  token: make,
  api: make,
})
const members = (summary: string, change: Parameters<typeof fault.members>[0]): CatalogEntry => ({
  summary,
  token: () => fault.members(change),
})

/** Issuing gives out what was issued before, with less life left. */
function sameToken(): TokenFault {
  let first: Answer | undefined
  let share = 1
  return (genuine) => {
    if (genuine.status !== 200) return genuine
    first ??= genuine
    const lifetime = share
    share /= 2
    return fault.members(({ expires_in }) => ({ expires_in: Math.floor(Number(expires_in) * lifetime) }))(first)
  }
}

/**
 * Faults that real carriers have shown, by the name that the command line and the control interface take.
 *
 * No fault of a server: lifetimes of one second less (the answers have them; `expiresIn` sets others), raw or double
 * encoding, a line break behind Base64, multipart or JSON in place of a form, a missing `Accept`, misspelt headers. Those
 * are a client's, and the simulators reject them. Limits per address and tokens that revoke earlier ones (`quotas`,
 * `issuingRevokes`) need more than one answer, so they are settings of the carrier.
 */
export const FAULTS: Readonly<Record<string, CatalogEntry>> = {
  unavailable: both('503', () => fault.unavailable),
  hang: both('no answer, until the client gives up', () => 'hang'),
  disconnect: both('the connection is cut', () => 'disconnect'),
  throttled: both('429 with Retry-After (`retryAfter` seconds, default 60)', (seconds) => fault.throttled(seconds)),
  html: both('200 with an HTML page', () => fault.html),
  empty: both('200 with an empty body', () => fault.empty),
  forbidden: both('403 where others answer 401', () => json(403, { message: 'Forbidden' })),
  text: both('401 as plain text', () => ({
    status: 401,
    headers: { 'content-type': 'text/plain' },
    body: 'Unauthorized',
  })),
  xml: both('401 as XML', () => ({
    status: 401,
    headers: { 'content-type': 'application/xml' },
    body: '<?xml version="1.0"?><error><message>Unauthorized</message></error>',
  })),
  'throttled-as-403': both('403 where others answer 429', () => json(403, { message: 'Request limit exceeded' })),
  'expired-as-403': { summary: '403 for an expired token', api: () => json(403, { detail: 'Access token expired' }) },
  'permission-as-401': {
    summary: '401, as for a wrong token, because the app lacks the product (UPS 250002)',
    api: () =>
      json(401, { response: { errors: [{ code: '250002', message: 'Invalid Authentication Information.' }] } }),
  },
  unauthorized: { summary: '401', api: () => json(401, { message: 'Unauthorized' }) },
  'headers-only': {
    summary: '401 with an empty body, the error in response headers',
    token: () => ({ status: 401, headers: { error: 'invalid_client', message: 'Invalid client' } }),
  },
  'refused-with-200': {
    summary: '200 with an `error` in the body',
    token: () => json(200, { error: 'invalid_client', error_description: 'Invalid client' }),
  },
  redirect: {
    summary: '302 to another host',
    token: () => ({ status: 302, headers: { location: 'https://login.example.com/' } }),
  },
  'byte-order-mark': { summary: 'the genuine answer behind a byte order mark', token: () => fault.byteOrderMark },
  truncated: { summary: 'the first half of the genuine answer', token: () => fault.truncated },
  'token-type-upper-case': members('`token_type` is BEARER', { token_type: 'BEARER' }),
  'token-type-lower-case': members('`token_type` is bearer', { token_type: 'bearer' }),
  'token-type-missing': members('no `token_type`', { token_type: undefined }),
  'expires-in-string': members('`expires_in` is a string', ({ expires_in }) => ({ expires_in: String(expires_in) })),
  'expires-in-milliseconds': members('`expires_in` counts ms', ({ expires_in }) => ({
    expires_in: Number(expires_in) * 1000,
  })),
  'expires-at': members(
    "`expires_at`, ISO 8601 by the machine's clock, in place of `expires_in`",
    ({ expires_in }) => ({
      expires_in: undefined,
      expires_at: new Date(Date.now() + Number(expires_in) * 1000).toISOString(),
    }),
  ),
  'expires-in-missing': members('no `expires_in`', { expires_in: undefined }),
  'expires-in-zero': members('`expires_in` is 0', { expires_in: 0 }),
  'expires-in-negative': members('`expires_in` is -1', { expires_in: -1 }),
  'same-token': {
    summary: 'the token of the first answer again, each time with half of the lifetime',
    token: () => sameToken(),
  },
  'extra-members': members('members that no document names', { id_token: 'x', refresh_token: 'x', issued_at: '0' }),
}

/** The fault of that name; `undefined` where the endpoint has none of it. */
export function tokenFault(name: string, retryAfter = 60): TokenFault | undefined {
  return Object.hasOwn(FAULTS, name) ? FAULTS[name]?.token?.(retryAfter) : undefined
}

/** The fault of that name; `undefined` where the endpoint has none of it. */
export function apiFault(name: string, retryAfter = 60): Fault | undefined {
  return Object.hasOwn(FAULTS, name) ? FAULTS[name]?.api?.(retryAfter) : undefined
}

/** Names of the faults that an endpoint can show. */
export function faultNames(endpoint: FaultEndpoint): string[] {
  return Object.keys(FAULTS).filter((name) => FAULTS[name]?.[endpoint] !== undefined)
}
