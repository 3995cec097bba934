import type { AuthRequest, Credentials } from '@auth/core'
import { addQuery } from '@auth/core/adapter'
import type { AxiosRequestConfig, InternalAxiosRequestConfig } from 'axios'
import { fixBoundary } from './form-boundary.ts'
import { pinRedirects } from './redirect.ts'
import { checkTransport, present } from './transport.ts'

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
  config: InternalAxiosRequestConfig,
  inner: AxiosRequestConfig['adapter'],
  request: AuthRequest,
  credentials: Credentials,
): Attempt {
  const { headers, query, tls } = credentials
  // The user's transforms run around the adapter, on his own configuration.
  const next: AxiosRequestConfig = { ...config, transformRequest: [], transformResponse: [] }
  if (inner !== undefined) next.adapter = inner
  if (headers === undefined && query === undefined && tls === undefined) {
    return { config: next, credentials, authenticated: false, left: () => false }
  }
  // By now the configuration has the user's own adapter again; `inner` may be that of another strategy.
  const { adapter } = config
  checkTransport(adapter)
  const { origin } = new URL(request.url)
  const own = config.headers.concat(headers)
  next.headers = own
  // An adapter function of the user's has its own way to send a form.
  if (typeof adapter !== 'function') fixBoundary(own, config.data)
  // The very URL that was judged: axios 1.8.0 would put it together from its parts differently. A function of the
  // user's may go by the parts.
  if (query !== undefined || typeof adapter !== 'function') {
    next.url = addQuery(request.url, query)
    delete next.baseURL
    delete next.params
  }
  if (tls !== undefined) present(next, tls, origin)
  let left = false
  next.beforeRedirect = pinRedirects(config, next.httpsAgent, credentials, origin, () => {
    left = true
  })
  return { config: next, credentials, authenticated: true, left: () => left }
}
