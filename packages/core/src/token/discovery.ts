import { ConfigurationError, TokenEndpointError } from '../errors.ts'
import { abortable } from '../lib/abortable.ts'
import { boundedText } from '../lib/bounded-text.ts'
import { callable, checkOptions, flag, LONGEST_TIMER, milliseconds } from '../lib/options.ts'
import { secureUrl } from '../origin.ts'
import { noStore } from '../runtime/no-store.ts'
import { timeLimit } from '../runtime/time-limit.ts'

export interface DiscoveryOptions {
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch
  /** ms for the whole exchange. Default 10 000. */
  timeout?: number
  /** Permits `http:` on loopback hosts. Default `false`. */
  allowInsecureLoopback?: boolean
}

const MAX_BYTES = 256 * 1024

/**
 * Finds the token endpoint of an issuer: in its OAuth metadata, else in its OpenID configuration. Metadata that speaks
 * for another issuer is refused.
 *
 * @throws ConfigurationError for an issuer that is not https:, and for metadata without a secure token endpoint;
 * TokenEndpointError `ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE` where there is none to be read.
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3
 * @example
 * oauth2({ tokenEndpoint: await discoverTokenEndpoint('https://login.inpost-group.com/realms/external'), … })
 */
export async function discoverTokenEndpoint(issuer: string, options: DiscoveryOptions = {}): Promise<string> {
  checkOptions(
    options,
    { fetch: callable, timeout: milliseconds(LONGEST_TIMER), allowInsecureLoopback: flag },
    'discoverTokenEndpoint',
  )
  const { origin, pathname, search, hash } = secureUrl(issuer, 'issuer', options.allowInsecureLoopback)
  if (search !== '' || hash !== '') throw new ConfigurationError('issuer', 'must have no query and no fragment')
  const path = pathname.replace(/\/$/, '')
  // RFC 8414 puts the well-known part before the path, OpenID Connect after it.
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  for (const place of places) {
    const metadata = await read(place, options)
    if (metadata === undefined) continue
    if (metadata.issuer !== issuer) throw new ConfigurationError('issuer', 'is not the one that its metadata names')
    return secureUrl(metadata.token_endpoint, 'token_endpoint', options.allowInsecureLoopback).href
  }
  throw unavailable('publishes no metadata')
}

async function read(url: string, options: DiscoveryOptions): Promise<Record<string, unknown> | undefined> {
  const { fetch = globalThis.fetch, timeout = 10_000 } = options
  const limit = timeLimit(timeout)
  try {
    const init: RequestInit = { redirect: 'manual', headers: { accept: 'application/json' }, ...noStore() }
    const response = await abortable(fetch(url, { ...init, signal: limit.signal }), limit.signal)
    if (response.status !== 200) {
      response.body?.cancel().catch(() => {})
      if (response.status >= 500) throw unavailable(`answered with status ${response.status}`)
      return undefined
    }
    const text = await abortable(boundedText(response, MAX_BYTES), limit.signal)
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    throw error instanceof TokenEndpointError ? error : unavailable('cannot be read')
  } finally {
    limit.end()
  }
}

function unavailable(problem: string): TokenEndpointError {
  return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', `the issuer's metadata: it ${problem}`, {
    retryable: true,
  })
}
