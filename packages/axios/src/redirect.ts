import type { Credentials } from '@auth/core'
import { addQuery, isSameOrigin, removeTraces } from '@auth/core/adapter'
import type { AxiosRequestConfig } from 'axios'

export interface Redirects {
  readonly beforeRedirect: NonNullable<AxiosRequestConfig['beforeRedirect']>
  /** Whether one has led to another origin. */
  left(): boolean
}

/**
 * Keeps what was attached to a request to `url` on its origin: a redirect there carries it along, one to anywhere else
 * loses headers, query parameters and client certificate (the agent that presents it), for good. The user's own
 * `beforeRedirect` runs afterwards.
 */
export function pinRedirects(
  config: AxiosRequestConfig,
  pinnedAgent: unknown,
  credentials: Credentials,
  url: string,
): Redirects {
  const { headers = {}, query } = credentials
  let left = false
  return {
    left: () => left,
    beforeRedirect(options, response, request) {
      const href = String(options.href)
      if (!left && !isSameOrigin(href, url)) {
        left = true
        // The body was meant for the API, as the credentials were.
        if (config.data != null && options.method === config.method?.toUpperCase()) {
          throw new TypeError(
            `redirected with ${response.statusCode} to another origin, which the request's body is not sent to`,
          )
        }
      }
      if (left) {
        const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
        for (const name of Object.keys(options.headers)) {
          if (names.has(name.toLowerCase())) delete options.headers[name]
        }
        // Not the agent of a proxy, which axios may have put there.
        if (options.agents?.https === pinnedAgent) options.agents = { ...options.agents, https: config.httpsAgent }
      }
      // A server may copy the query it was sent into the location it answers with.
      setUrl(options, left ? removeTraces(href, credentials) : addQuery(href, query))
      config.beforeRedirect?.(options, response, request)
    },
  }
}

function setUrl(options: Record<string, unknown>, href: string): void {
  if (href === options.href) return
  const { pathname, search } = new URL(href)
  // Through a forward proxy the request target is the whole URL.
  const absolute = !String(options.path).startsWith('/')
  Object.assign(options, { href, search, query: search.slice(1), path: absolute ? href : pathname + search })
}
