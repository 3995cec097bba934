import type { IncomingHttpHeaders } from 'node:http'
import { canonical, hopByHop } from './hop-by-hop.ts'

/** Credentials for this server or for what stands in front of it, and what changes the meaning of a request. */
const STAYS_HERE = new Set([
  'api-key',
  'apikey',
  'authorization',
  'client-cert',
  'client-cert-chain',
  'cookie',
  'cookie2',
  'dpop',
  'expect',
  'forwarded',
  'ocp-apim-subscription-key',
  'remote-email',
  'remote-groups',
  'remote-name',
  'remote-user',
  'true-client-ip',
  'x-access-token',
  'x-api-key',
  'x-apikey',
  'x-apigateway-api-userinfo',
  'x-arr-clientcert',
  'x-auth-token',
  'x-authorization',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-credential-identifier',
  'x-csrf-token',
  'x-endpoint-api-userinfo',
  'x-functions-key',
  'x-http-method',
  'x-http-method-override',
  'x-id-token',
  'x-jwt-assertion',
  'x-jwt-payload',
  'x-method-override',
  'x-real-ip',
  'x-rewrite-url',
  'x-serverless-authorization',
  'x-userinfo',
  'x-xsrf-token',
])

/** What proxies, load balancers and identity-aware gateways tell the server behind them. */
const STAYS_HERE_PREFIXES = [
  'cf-',
  'ssl-client-',
  'tailscale-',
  'x-amzn-mtls-',
  'x-amzn-oidc-',
  'x-amzn-vpc-lattice-',
  'x-auth-request-',
  'x-authentik-',
  'x-client-cert',
  'x-consumer-',
  'x-envoy-',
  'x-forwarded-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-original-',
  'x-pomerium-',
  'x-remote-',
  'x-ssl-client-',
  'x-vouch-',
  'x-webauth-',
]

/**
 * The request's fields that go on to the carrier: all but those of this connection and those that stay here. `strip`
 * names further ones. Framing, Host and credentials are added afterwards, so that nothing a client sends removes them.
 */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  strip: Iterable<string>,
): Record<string, string | string[]> {
  const connection = hopByHop(headers.connection)
  const stripped = new Set([...strip].map(canonical))
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    const key = canonical(name)
    if (value === undefined || name.startsWith(':') || connection.has(key) || stripped.has(key) || staysHere(key))
      continue
    kept[name.toLowerCase()] = value
  }
  return kept
}

const staysHere = (name: string): boolean =>
  STAYS_HERE.has(name) || STAYS_HERE_PREFIXES.some((prefix) => name.startsWith(prefix))

/** The fields as they are sent: what is attached replaces every spelling of its name. */
export function withAttached(
  headers: Readonly<Record<string, string | string[]>>,
  attached: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const ours = new Set(Object.keys(attached).map(canonical))
  const others = Object.entries(headers).filter(([name]) => !ours.has(canonical(name)))
  return { ...Object.fromEntries(others), ...attached }
}
