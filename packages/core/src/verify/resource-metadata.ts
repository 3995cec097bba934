import { ConfigurationError } from '../errors.ts'
import { type Checks, checkOptions, kindOf, listOf, required, text } from '../lib/options.ts'
import { secureUrl } from '../origin.ts'

export interface ResourceMetadataOptions {
  /** Identifier of the protected resource: an `https:` URL without a fragment, or `http:` on a loopback host. */
  readonly resource: string
  /** Issuers of the authorization servers whose tokens the resource accepts. At least one. */
  readonly authorizationServers: readonly string[]
  /** Scopes that are worth asking for. Default: none named. */
  readonly scopesSupported?: readonly string[] | undefined
  /** Name of the resource for people. Default: none. */
  readonly resourceName?: string | undefined
}

/** The metadata of a protected resource (RFC 9728), and the address it is served at. */
export interface ResourceMetadata {
  /** Where clients look for it: `/.well-known/oauth-protected-resource` before the path of `resource`. */
  readonly url: string
  /** What is served there, as `application/json`. */
  readonly document: {
    readonly resource: string
    readonly authorization_servers: readonly string[]
    readonly bearer_methods_supported: readonly string[]
    readonly scopes_supported?: readonly string[]
    readonly resource_name?: string
  }
}

const OPTIONS = {
  resource: required(text),
  authorizationServers: required(listOf(text, { least: 1 })),
  scopesSupported: listOf(text),
  resourceName: text,
} satisfies Checks<ResourceMetadataOptions>

/**
 * Describes a protected resource, so that clients such as those of MCP find its authorization server by themselves (RFC
 * 9728). Serve `document` at the path of `url`, and give the whole to the guard: its challenges then name the address.
 *
 * @throws ConfigurationError for a wrong or missing option.
 *
 * @example
 * const metadata = resourceMetadata({
 *   resource: 'https://api.example.com/mcp',
 *   authorizationServers: ['https://login.example.com'],
 * })
 * metadata.url // https://api.example.com/.well-known/oauth-protected-resource/mcp
 */
export function resourceMetadata(options: ResourceMetadataOptions): ResourceMetadata {
  checkOptions(options, OPTIONS, 'resourceMetadata')
  const { authorizationServers, scopesSupported, resourceName } = options
  const resource = secureUrl(options.resource, 'resource', true)
  if (options.resource.includes('#')) throw new ConfigurationError('resource', 'must not have a fragment')
  for (const [i, server] of authorizationServers.entries()) secureUrl(server, `authorizationServers[${i}]`, true)
  // Section 3.1: the well-known part goes between host and path; a path of "/" alone goes.
  const path = resource.pathname === '/' ? '' : resource.pathname
  return {
    url: `${resource.origin}${WELL_KNOWN}${path}${resource.search}`,
    document: {
      resource: options.resource,
      authorization_servers: [...authorizationServers],
      bearer_methods_supported: ['header'],
      ...(scopesSupported !== undefined && { scopes_supported: [...scopesSupported] }),
      ...(resourceName !== undefined && { resource_name: resourceName }),
    },
  }
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** The HTTP response that serves the metadata, as data. */
export interface MetadataResponse {
  /** Without a query. */
  readonly path: string
  /** Names in lower case. Any page may read the document: clients in browsers need it. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

/**
 * Where and how the metadata of a protected resource is served (RFC 9728 section 3.2), for those who write a guard.
 *
 * @throws ConfigurationError for what `resourceMetadata` has not made.
 */
export function metadataResponse(metadata: ResourceMetadata): MetadataResponse {
  const { pathname } = new URL(metadataUrl(metadata))
  if (typeof metadata !== 'object') {
    throw new ConfigurationError('metadata', `must be what resourceMetadata({ … }) made, not ${kindOf(metadata)}`)
  }
  return {
    path: pathname,
    headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
    body: JSON.stringify(metadata.document),
  }
}

/** The URL that challenges name. */
export function metadataUrl(given: ResourceMetadata | string): string {
  const url = typeof given === 'string' ? given : (given as Partial<ResourceMetadata> | null)?.url
  if (typeof url !== 'string') {
    throw new ConfigurationError(
      'resourceMetadata',
      `must be what resourceMetadata({ … }) made, or a URL, not ${kindOf(given)}`,
    )
  }
  return secureUrl(url, 'resourceMetadata', true).href
}
