import type { Credentials } from '@auth/core'
import { addQuery } from '@auth/core/adapter'
import type { AxiosHeaders, AxiosRequestConfig } from 'axios'
import { nodeHttp } from '#node-http'
import type { Call } from './call.ts'
import { type AuthorizeAt, pinRedirects } from './redirect.ts'
import { checkTransport } from './transport.ts'

/** One request as it goes out. */
export interface Attempt {
  readonly config: AxiosRequestConfig
  readonly credentials: Credentials
  /** Whether anything was attached. */
  readonly authenticated: boolean
  /** Whether a redirect has led to another origin, where nothing of what was attached goes. */
  left(): boolean
}

/**
 * Puts the credentials on a copy of the configuration.
 *
 * @throws ConfigurationError when axios would send it in a way that cannot keep the credentials on their origin.
 */
export function prepare(
  call: Call,
  inner: AxiosRequestConfig['adapter'],
  credentials: Credentials,
  authorizeAt: AuthorizeAt,
): Attempt {
  const { config, request, transport } = call
  const { headers, query, tls } = credentials
  const next = bareCopy(call, inner)
  if (headers === undefined && query === undefined && tls === undefined) {
    return { config: next, credentials, authenticated: false, left: () => false }
  }
  checkTransport(transport)
  const own = withHeaders(next.headers as AxiosHeaders, headers)
  next.headers = own
  // The very URL that was judged: axios 1.8.0 would put it together from its parts differently. A function of the
  // user's may go by the parts.
  if (query !== undefined || transport !== 'own') {
    next.url = addQuery(request.url, query)
    if (next.baseURL !== undefined) delete next.baseURL
    if (next.params !== undefined) delete next.params
  }
  if (transport === 'http') {
    nodeHttp.checkTransport(config)
    nodeHttp.useAgents(next, tls, new URL(request.url).origin)
  } else if (tls !== undefined) {
    nodeHttp.useAgents(next, tls, new URL(request.url).origin)
  }
  const redirects = pinRedirects(config, next.httpsAgent, credentials, request.url, authorizeAt)
  next.beforeRedirect = redirects.beforeRedirect
  return { config: next, credentials, authenticated: true, left: redirects.left }
}

/** A copy of the configuration that sends the bytes of the call; the user's transforms run around the adapter. */
export function bareCopy({ config, body }: Call, inner: AxiosRequestConfig['adapter']): AxiosRequestConfig {
  const next = copyOf(config)
  next.transformRequest = NONE
  next.transformResponse = NONE
  if (inner !== undefined) next.adapter = inner
  if (body.data !== config.data) next.data = body.data
  if (body.describe !== undefined) {
    const headers = withHeaders(config.headers, undefined)
    body.describe(headers)
    next.headers = headers
  }
  return next
}

const NONE: [] = []

/** What spreading gives; of an object without a prototype, as axios makes them, that takes four times as long. */
function copyOf(config: AxiosRequestConfig): AxiosRequestConfig {
  const own = config as Readonly<Record<string | symbol, unknown>>
  const copy: Record<string | symbol, unknown> = {}
  for (const name of Object.keys(own)) if (name !== '__proto__') copy[name] = own[name]
  for (const name of Object.getOwnPropertySymbols(own)) copy[name] = own[name]
  return copy
}

/** What `concat` gives, which parses again what has been parsed: a header is a property of its own name. */
function withHeaders(headers: AxiosHeaders, attached: Credentials['headers']): AxiosHeaders {
  const copy: AxiosHeaders = Object.create(Object.getPrototypeOf(headers))
  // To axios `undefined` is no value; such a header would stand beside the one that is attached.
  for (const name of Object.keys(headers)) if (headers[name] !== undefined) copy[name] = headers[name]
  for (const name in attached) {
    // A layer may set what the caller has set, and spell it in another way.
    if (headers.has(name)) copy.set(name, attached[name] as string)
    else copy[name] = attached[name]
  }
  return copy
}
