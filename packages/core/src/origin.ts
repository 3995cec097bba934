import { ConfigurationError } from './errors.ts'

const LOOPBACK = /^(?:localhost|(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Checks an address that credentials will be sent to: absolute, `https:` (or `http:` on a loopback host where
 * `allowInsecureLoopback` says so), no user information.
 *
 * @throws ConfigurationError naming `option`.
 */
export function secureUrl(value: unknown, option: string, allowInsecureLoopback = false): URL {
  if (typeof value !== 'string' || value === '') throw new ConfigurationError(option, 'must be an absolute https: URL')
  let url: URL
  try {
    url = new URL(value)
  } catch {
    throw new ConfigurationError(option, 'must be an absolute https: URL, such as https://api.example.com')
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError(option, 'must not contain a user name or password')
  }
  if (url.protocol === 'https:') return url
  if (url.protocol === 'http:' && isLoopback(url.hostname)) {
    if (allowInsecureLoopback) return url
    throw new ConfigurationError(option, 'is http: on a loopback host, which needs `allowInsecureLoopback: true`')
  }
  throw new ConfigurationError(option, `must use https:, not ${url.protocol}`)
}

/** Whether the host, as a URL has it, is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/** Checks a trusted origin and returns it in its canonical form: scheme, host and port, nothing else. */
export function secureOrigin(value: unknown, option: string, allowInsecureLoopback = false): string {
  const url = secureUrl(value, option, allowInsecureLoopback)
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(option, `must be an origin, without a path: ${url.origin}`)
  }
  if (url.hostname.includes('*')) throw new ConfigurationError(option, 'must name each host: there are no wildcards')
  return url.origin
}

/** A test for URLs on the given origins. */
export function originMatcher(origins: readonly string[]): (url: string) => boolean {
  // What follows ends the authority, so the parser would find this very origin: no need to ask it. A pattern, because
  // `startsWith` takes twice as long.
  const spelledAlike = new RegExp(`^(?:${origins.map(literal).join('|')})(?:[/?#]|$)`)
  return (url) => {
    if (spelledAlike.test(url)) return true
    if (!URL.canParse(url)) return false
    const { protocol, origin } = new URL(url)
    // A `blob:` URL has the origin of the page that made it.
    return (protocol === 'https:' || protocol === 'http:') && origins.includes(origin)
  }
}

function literal(text: string): string {
  return text.replace(/[^\w:/-]/g, '\\$&')
}
