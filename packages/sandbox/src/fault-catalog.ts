import { type Fault, fault, type TokenFault } from './faults.ts'
import { json } from './response.ts'

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
const members = (summary: string, change: Readonly<Record<string, unknown>>): CatalogEntry => ({
  summary,
  token: () => fault.members(change),
})

/** Faults that real carriers have shown, by the name that the command line and the control interface take. */
export const FAULTS: Readonly<Record<string, CatalogEntry>> = {
  unavailable: both('503', () => fault.unavailable),
  hang: both('no answer, until the client gives up', () => 'hang'),
  disconnect: both('the connection is cut', () => 'disconnect'),
  throttled: both('429 with Retry-After (`retryAfter` seconds, default 60)', (seconds) => fault.throttled(seconds)),
  html: both('200 with an HTML page', () => fault.html),
  empty: both('200 with an empty body', () => fault.empty),
  forbidden: both('403 where others answer 401', () => json(403, { message: 'Forbidden' })),
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
  'token-type-missing': members('no `token_type`', { token_type: undefined }),
  'expires-in-string': {
    summary: '`expires_in` is a string',
    token: () => (genuine) => {
      const { expires_in } = JSON.parse(genuine.body || '{}')
      return fault.members({ expires_in: String(expires_in) })(genuine)
    },
  },
  'expires-in-missing': members('no `expires_in`', { expires_in: undefined }),
  'expires-in-zero': members('`expires_in` is 0', { expires_in: 0 }),
  'expires-in-negative': members('`expires_in` is -1', { expires_in: -1 }),
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
