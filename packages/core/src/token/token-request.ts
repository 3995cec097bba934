import type { ClientAuth } from '../client-auth/client-auth.ts'
import type { Grant } from '../grants/client-credentials.ts'
import type { ClientCredential } from './token-source.ts'

export interface TokenRequestOptions {
  /** Checked URL of the endpoint. */
  url: string
  clientAuth: ClientAuth
  grant: Grant
  /** How the parameters are written in the body. */
  encoding: 'form' | 'json'
}

/** The token request as it is sent. */
export interface ComposedRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** What it holds of secrets, in the forms in which a server sees them and might repeat them. */
  readonly secrets: readonly string[]
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2 */
export function composeRequest(options: TokenRequestOptions, used: ClientCredential): ComposedRequest {
  const { grant, clientAuth, encoding } = options
  const url = new URL(options.url)
  const headers: Record<string, string> = { accept: 'application/json', ...used.headers }
  const parameters: [string, string][] = []
  if (grant.placement === 'body') {
    parameters.push(...grant.parameters.map(([name, value]): [string, string] => [name, value]))
  } else {
    // RFC 6749 section 3.2: no parameter more than once, should the endpoint's own URL have it already.
    for (const [name] of grant.parameters) url.searchParams.delete(name)
    for (const [name, value] of grant.parameters) url.searchParams.append(name, value)
  }
  clientAuth.apply({ headers, parameters }, used)
  const credentials = headers.authorization?.split(' ').at(-1) ?? ''
  const secrets = [used.secret, encodeURIComponent(used.secret), credentials, ...Object.values(used.headers ?? {})]
  const head = { url: url.href, headers, secrets }
  // Posti's own sample has no body and no Content-Type when the grant rides in the query.
  if (parameters.length === 0) return head
  if (encoding === 'json') {
    headers['content-type'] ??= 'application/json'
    return { ...head, body: JSON.stringify(asObject(parameters)) }
  }
  // Without a charset parameter, as RFC 6749 appendix B and every carrier's sample have it.
  headers['content-type'] ??= 'application/x-www-form-urlencoded'
  return { ...head, body: new URLSearchParams(parameters).toString() }
}

/** Members by name; a parameter that is given more than once (`resource`) is a list. */
function asObject(parameters: readonly [string, string][]): Record<string, string | string[]> {
  const members = new Map<string, string | string[]>()
  for (const [name, value] of parameters) {
    const there = members.get(name)
    members.set(name, there === undefined ? value : [there, value].flat())
  }
  return Object.fromEntries(members)
}
