import type { ClientAuth } from '../client-auth/client-auth.ts'
import { ConfigurationError } from '../errors.ts'
import type { Grant } from '../grants/grant.ts'
import { secretForms } from '../lib/secret-forms.ts'
import type { RequestCredential } from './request-credential.ts'

export interface TokenRequestOptions {
  /** Checked URL of the endpoint. */
  url: string
  /** With GET, the grant's parameters ride in the query, and secrets in headers only. */
  method: 'POST' | 'GET'
  clientAuth: ClientAuth
  grant: Grant
  /** How the parameters are written in the body. */
  encoding: 'form' | 'json'
}

/** The token request as it is sent. */
export interface ComposedRequest {
  readonly url: string
  readonly method: 'POST' | 'GET'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** What it holds of secrets, in the forms in which a server might repeat them. */
  readonly secrets: readonly string[]
}

type Parameter = readonly [name: string, value: string]

/**
 * Composes one attempt: whatever must be fresh, such as a signed assertion, is made here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
 */
export async function composeRequest(options: TokenRequestOptions, used: RequestCredential): Promise<ComposedRequest> {
  const { url, method, grant, clientAuth, encoding } = options
  const headers: Record<string, string> = { accept: 'application/json', ...used.headers }
  const parameters: [string, string][] = []
  await clientAuth.apply({ url, headers, parameters }, used.client)
  // In the order of the RFC's own samples: the grant first, then the client.
  const ofGrant: [string, string][] = []
  if (used.grant !== undefined) await grant.apply?.({ url, headers, parameters: ofGrant }, used.grant)
  const ids = [used.client.id, used.grant?.id]
  const added = [...ofGrant, ...parameters]
  const secrets = [
    used.client.secret,
    used.grant?.secret,
    headers.authorization?.split(' ').at(-1),
    ...Object.values(used.headers ?? {}),
    ...added.map(([, value]) => value).filter((value) => !ids.includes(value)),
  ].flatMap((text) => (text ? secretForms(text) : []))

  const inQuery = method === 'GET' || grant.placement === 'query'
  const inBody: Parameter[] = [...(inQuery ? [] : grant.parameters), ...added]
  if (method === 'GET') {
    const secret = inBody.find(([, value]) => value !== used.client.id)
    if (secret !== undefined) {
      throw new ConfigurationError('method', `must not be GET: ${secret[0]} is a secret, and would ride in the URL`)
    }
    return { url: withQuery(url, [...grant.parameters, ...inBody]), method, headers, secrets }
  }
  const head = { url: inQuery ? withQuery(url, grant.parameters) : url, method, headers, secrets }
  // Posti's own sample has no body and no Content-Type when the grant rides in the query.
  if (inBody.length === 0) return head
  if (encoding === 'json') {
    headers['content-type'] ??= 'application/json'
    return { ...head, body: JSON.stringify(asObject(inBody, grant.json)) }
  }
  // Without a charset parameter, as RFC 6749 appendix B and every carrier's sample have it.
  headers['content-type'] ??= 'application/x-www-form-urlencoded'
  return { ...head, body: new URLSearchParams(inBody.map(([name, value]) => [name, value])).toString() }
}

/**
 * Adds parameters to the URL. What its own query has stays as it is written, byte for byte, but for parameters of the
 * same name: RFC 6749 section 3.2 allows none more than once.
 */
function withQuery(url: string, parameters: readonly Parameter[]): string {
  const names = new Set(parameters.map(([name]) => name))
  const [base = '', query = ''] = url.split(/\?(.*)/s)
  const own = query.split('&').filter((part) => part !== '' && !names.has(nameOf(part)))
  const added = parameters.map(([name, value]) => new URLSearchParams([[name, value]]).toString())
  const all = [...own, ...added].join('&')
  return all === '' ? base : `${base}?${all}`
}

function nameOf(part: string): string {
  return new URLSearchParams(part).keys().next().value ?? ''
}

/** Members by name; a parameter that is given more than once (`resource`) is a list. */
function asObject(parameters: readonly Parameter[], json: readonly string[] = []): Record<string, unknown> {
  const members = new Map<string, unknown>()
  for (const [name, text] of parameters) {
    const value: unknown = json.includes(name) ? JSON.parse(text) : text
    const there = members.get(name)
    members.set(name, there === undefined ? value : [there, value].flat())
  }
  return Object.fromEntries(members)
}
