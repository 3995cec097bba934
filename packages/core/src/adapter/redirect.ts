/** How many redirects are followed, as the Fetch standard has it. */
export const MAX_REDIRECTS = 20

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const CONTENT_HEADERS = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type']
const CONFIDENTIAL_HEADERS = ['authorization', 'cookie', 'cookie2', 'host', 'proxy-authorization']

/** A request that a redirect asks for. */
export interface Redirect {
  readonly url: string
  readonly method: string
  /** Whether the body is sent again. */
  readonly keepsBody: boolean
  readonly sameOrigin: boolean
  /** Headers, in lower case, that must not be sent on, of those that the caller set. */
  readonly dropHeaders: readonly string[]
}

/** Whether both URLs have the same scheme, host and port. */
export function isSameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin
}

/**
 * Where a response redirects a request to, and how it is sent there; `undefined` for a response that does not redirect.
 *
 * @throws TypeError for a location that is no `http:` or `https:` URL.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function redirectOf(
  request: { readonly url: string; readonly method: string },
  response: { readonly status: number },
  location: string | null | undefined,
): Redirect | undefined {
  if (!REDIRECTS.has(response.status) || location === null || location === undefined) return undefined
  const url = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`redirected with ${response.status} to what is not an http: or https: URL`)
  }
  if (url.hash === '') url.hash = new URL(request.url).hash
  const method = request.method.toUpperCase()
  const becomesGet =
    (response.status === 303 && method !== 'GET' && method !== 'HEAD') ||
    ((response.status === 301 || response.status === 302) && method === 'POST')
  const sameOrigin = isSameOrigin(url.href, request.url)
  return {
    url: url.href,
    method: becomesGet ? 'GET' : request.method,
    keepsBody: !becomesGet,
    sameOrigin,
    dropHeaders: [...(becomesGet ? CONTENT_HEADERS : []), ...(sameOrigin ? [] : CONFIDENTIAL_HEADERS)],
  }
}
