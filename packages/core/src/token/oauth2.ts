import type { ClientAuth } from '../client-auth/client-auth.ts'
import { systemClock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'
import { emitter } from '../events.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import type { Grant } from '../grants/grant.ts'
import {
  anything,
  type Check,
  type Checks,
  checkOptions,
  choice,
  kindOf,
  methods,
  milliseconds,
  must,
  shape,
  text,
} from '../lib/options.ts'
import { secureUrl } from '../origin.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { pemText, type TlsIdentityInput } from '../tls/identity.ts'
import { budgeted } from './budget.ts'
import { lockoutGuard } from './lockout-guard.ts'
import type { AnswerPattern, ThrottlePattern } from './outcome-patterns.ts'
import { credentialReader } from './request-credential.ts'
import { sharedSource } from './shared-source.ts'
import { storeAccess } from './store-access.ts'
import { LONGEST_BLOCK } from './stored-entry.ts'
import { type CachedTokenSource, DEADLINE, fillCache, type Refill } from './token-cache.ts'
import { tokenEndpoint } from './token-endpoint.ts'
import { checkHeaderNames, optional, SHARED_TOKEN_OPTIONS, type SharedTokenOptions } from './token-options.ts'
import type { TokenResponseMapping } from './token-response.ts'
import { tokenTransport } from './token-transport.ts'
import { checkedStore } from './validated-store.ts'

export interface OAuth2Options extends SharedTokenOptions {
  /** Absolute `https:` URL. */
  tokenEndpoint: string
  /** How the client proves itself, such as `clientSecretBasic(…)` or `clientSecretPost(…)`. */
  clientAuth: ClientAuth
  /** What is asked for. Default `clientCredentials()`. */
  grant?: Grant
  /** `GET` puts the grant's parameters into the query; secrets then have to ride in headers. Default `POST`. */
  method?: 'POST' | 'GET'
  /** A client certificate for the token endpoint (RFC 8705 section 2). Node only. */
  tls?: TlsIdentityInput | undefined
  /** Further headers of the token request. */
  headers?: Readonly<Record<string, SecretInput>> | undefined
  /** How parameters are written in the body. Default `form`. */
  encoding?: 'form' | 'json'
  /** Where the carrier's answer differs from RFC 6749 section 5.1. */
  response?: TokenResponseMapping
  /** ms a token lives whose answer does not say, or says nothing sensible. Default 300 000. */
  defaultLifetime?: number
  /** Which answers mean that the credentials were rejected. Default: 401, 403, and a client's error in any status. */
  rejected?: readonly AnswerPattern[]
  /** Which answers mean "slow down". Default: 429; and 503 with Retry-After, always. */
  throttled?: readonly ThrottlePattern[]
  /** ms that rejected credentials are not sent again. Default 60 000, doubling up to 3 600 000; a number is both. */
  lockout?: number | { readonly initial: number; readonly max: number }
  /** Ends the message of a rejection: what to look at. */
  hint?: string
}

const PLACE: Check = must(
  'the name of a member, or { header: name }',
  (place) => typeof headerOf(place) === 'string' && headerOf(place) !== '',
)

const OPTIONS: Checks<OAuth2Options> = {
  ...SHARED_TOKEN_OPTIONS,
  tokenEndpoint: anything,
  clientAuth: (value, option) =>
    methods('clientSecretBasic(…) or clientSecretPost(…)', 'apply', 'credential')(value ?? null, option),
  grant: must('a grant, such as clientCredentials({ … })', isGrant),
  method: choice('POST', 'GET'),
  tls: anything,
  headers: checkHeaderNames,
  encoding: choice('form', 'json'),
  response: shape<TokenResponseMapping>({
    accessToken: PLACE,
    expiresIn: PLACE,
    unit: choice('s', 'ms', 'min'),
    tokenType: PLACE,
    tokenTypes: must(
      'a non-empty list of strings and regular expressions',
      (types) =>
        Array.isArray(types) &&
        types.length > 0 &&
        types.every((type) => typeof type === 'string' || type instanceof RegExp),
    ),
    scope: PLACE,
    error: PLACE,
  }),
  defaultLifetime: milliseconds(),
  rejected: patterns('status', 'error'),
  throttled: patterns('status', 'error', 'penalty'),
  lockout: optional(checkLockout),
  hint: text,
}

const ATTEMPTS = 3
// For the waits between attempts, and for what a slow store costs, in ms.
const MARGIN = 5000

/**
 * An access token by OAuth 2.0: requested when it is needed, cached, refreshed ahead of its end, and shared through a
 * `store`. Rejected credentials are not sent again for `lockout`.
 *
 * @throws ConfigurationError for a wrong option, at once; CredentialsRejectedError and TokenEndpointError from `token`.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 *
 * @example
 * bearer(
 *   oauth2({
 *     tokenEndpoint: 'https://auth.carrier.example/oauth2/token',
 *     clientAuth: clientSecretBasic('shop', () => vault.read('carrier/secret')),
 *     grant: clientCredentials({ scope: 'shipments' }),
 *   }),
 * )
 */
export function oauth2(options: OAuth2Options): CachedTokenSource {
  checkOptions(options, OPTIONS, 'oauth2')
  const { clientAuth, grant = clientCredentials(), method = 'POST', encoding = 'form', id = 'oauth2' } = options
  const { deadline = DEADLINE } = options
  const timeout = Math.min(options.timeout ?? 10_000, deadline)
  const { clock = systemClock, onEvent, lockout = { initial: 60_000, max: 3_600_000 } } = options
  const { href: url, hash } = secureUrl(options.tokenEndpoint, 'tokenEndpoint', options.allowInsecureLoopback)
  if (hash !== '') throw new ConfigurationError('tokenEndpoint', 'must not have a fragment')
  if (options.store !== undefined && grant.anonymous) {
    throw new ConfigurationError('account', 'is required with a `store`: the grant has to say whose it is')
  }
  if (clientAuth.method === 'tls_client_auth' && options.tls === undefined && options.fetch === undefined) {
    throw new ConfigurationError('tls', 'is missing: with tlsClientAuth the certificate proves the client')
  }
  const windows = typeof lockout === 'number' ? { initial: lockout, max: lockout } : lockout
  const budget = options.budget ?? []
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name, secret(value, `headers.${name}`, headerValue)]),
  )
  const { host } = new URL(url)
  const emit = emitter(onEvent, id, clock)
  const ask = storeAccess(clock, emit)
  const store = options.store === undefined ? undefined : checkedStore(options.store)
  const shared = store && { store, ask }

  // From the bottom up: each link asks the one before it.
  const { response, defaultLifetime, rejected, throttled, hint } = options
  const request = {
    url,
    method,
    clientAuth,
    grant,
    encoding,
    fetch: tokenTransport({ ...options, url }),
    timeout,
    clock,
  }
  const endpoint = tokenEndpoint({ ...request, emit, response, defaultLifetime, rejected, throttled, hint, host })
  const limited =
    budget.length === 0
      ? endpoint
      : budgeted(endpoint, { limits: budget, tokenEndpoint: url, shared, clock, emit, maxWait: timeout })
  const guard = lockoutGuard(limited, { clock, emit, lockout: windows, attempts: ATTEMPTS })
  const certificate = typeof options.tls === 'object' ? pemText(options.tls.cert) : undefined
  const identity = { tokenEndpoint: url, clientAuth: clientAuth.method, grant, certificate }
  const source =
    shared &&
    sharedSource(guard, {
      ...shared,
      clock,
      emit,
      identity,
      // Each attempt may wait for its turn, and then for its answer.
      maxWait: Math.min(ATTEMPTS * timeout * (budget.length === 0 ? 1 : 2) + MARGIN, deadline),
      longestBlock: Math.max(windows.max, LONGEST_BLOCK),
    })
  const top = source ?? guard

  const readCredential = credentialReader({ clientAuth, grant, headers, timeout })
  const refill: Refill = {
    async request(call) {
      call.alive?.(timeout)
      return top.request({ ...call, about: { host, ...call.caller }, credential: await readCredential() })
    },
    blocked: () => top.blocked(),
    async reset() {
      guard.reset()
      await source?.reset(await readCredential())
    },
  }
  return fillCache(refill, { clock, emit, deadline, host })
}

function headerOf(place: unknown): unknown {
  return typeof place === 'object' && place !== null ? Reflect.get(place, 'header') : place
}

function isGrant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { parameters, placement, credential, apply, accept } = value as Partial<Grant>
  return (
    Array.isArray(parameters) &&
    (placement === 'body' || placement === 'query') &&
    [credential, apply, accept].every((method) => method === undefined || typeof method === 'function')
  )
}

function checkLockout(lockout: unknown, option: string): void {
  if (typeof lockout === 'number') {
    milliseconds()(lockout, option)
    return
  }
  const { initial, max } = (lockout ?? {}) as { initial?: unknown; max?: unknown }
  if (typeof initial !== 'number' || typeof max !== 'number' || initial > max) {
    throw new ConfigurationError(option, `must be ms, or { initial, max } in ms, not ${kindOf(lockout)}`)
  }
  milliseconds()(initial, option)
  milliseconds()(max, option)
}

/** A list of patterns with these members. What matches every answer is not meant. */
function patterns(...members: readonly string[]): Check {
  const isPattern = (pattern: unknown): boolean => {
    if (typeof pattern !== 'object' || pattern === null) return false
    const { status, error, penalty } = pattern as Record<string, unknown>
    return (
      Object.keys(pattern).every((name) => members.includes(name)) &&
      (status !== undefined || error !== undefined) &&
      (status === undefined || [status].flat().every(Number.isInteger)) &&
      (error === undefined || [error].flat().every((code) => typeof code === 'string')) &&
      (penalty === undefined || (typeof penalty === 'number' && penalty > 0))
    )
  }
  const what = `a list of patterns: { ${members.map((name) => `${name}?`).join(', ')} }`
  return must(what, (list) => Array.isArray(list) && list.every(isPattern))
}
