import type { Credentials } from '@auth/core'
import { addQuery, isSameOrigin, isThenable, type MaybePromise, removeTraces } from '@auth/core/adapter'
import type { AxiosRequestConfig } from 'axios'

/** Yields the credentials for where a redirect leads. */
export type AuthorizeAt = (url: string, method: string) => MaybePromise<Credentials>

export interface Redirects {
  readonly beforeRedirect: NonNullable<AxiosRequestConfig['beforeRedirect']>
  /** Whether one has led to another origin, or to where other credentials are attached. */
  left(): boolean
}

/**
 * Keeps what was attached to a request to `url` on its origin and its route: a redirect there carries it along. One to
 * another origin loses headers, query parameters and client certificate (the agent that presents it), for good. On
 * another route of the origin, what `authorize` has at hand takes their place; nobody can wait here. The user's own
 * `beforeRedirect` runs afterwards.
 */
export function pinRedirects(
  config: AxiosRequestConfig,
  pinnedAgent: unknown,
  credentials: Credentials,
  url: string,
  authorize: AuthorizeAt,
): Redirects {
  let left = false
  let attached = credentials
  const at = (href: string, method: string): Credentials => {
    if (left) return NONE
    try {
      const next = authorize(href, method)
      if (!isThenable(next)) return next
      next.catch(() => {})
    } catch {
      // The answer to a request without credentials says what is missing.
    }
    return NONE
  }
  return {
    left: () => left || attached !== credentials,
    beforeRedirect(options, response, request) {
      const href = String(options.href)
      if (!left && !isSameOrigin(href, url)) {
        left = true
        // The body was meant for the API, as the credentials were.
        if (config.data != null && options.method === config.method?.toUpperCase()) {
          throw new TypeError(
            // Before axios 1.8 there is no response here.
            `redirected with ${response?.statusCode ?? 'a 307 or 308'} to another origin, which the request's body is not sent to`,
          )
        }
      }
      const before = attached
      const next = at(href, String(options.method))
      attached = isSame(next, before) ? before : next
      if (attached !== before) {
        const names = new Set(Object.keys(before.headers ?? {}).map((name) => name.toLowerCase()))
        for (const name of Object.keys(options.headers)) {
          if (names.has(name.toLowerCase())) delete options.headers[name]
        }
        Object.assign(options.headers, attached.headers)
      }
      if (attached.tls === undefined && options.agents?.https === pinnedAgent) {
        // Not the agent of a proxy, which axios may have put there.
        options.agents = { ...options.agents, https: config.httpsAgent }
      }
      // A server may copy the query it was sent into the location it answers with.
      setUrl(options, addQuery(attached === before ? href : removeTraces(href, before), attached.query))
      config.beforeRedirect?.(options, response, request)
    },
  }
}

const NONE: Credentials = {}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.tls === b.tls && isSameRecord(a.headers, b.headers) && isSameRecord(a.query, b.query)
}

function isSameRecord(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}

function setUrl(options: Record<string, unknown>, href: string): void {
  if (href === options.href) return
  const { pathname, search } = new URL(href)
  // Through a forward proxy the request target is the whole URL.
  const absolute = !String(options.path).startsWith('/')
  Object.assign(options, { href, search, query: search.slice(1), path: absolute ? href : pathname + search })
}
