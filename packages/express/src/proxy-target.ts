import { ConfigurationError, type Strategy } from '@auth/core'

/** What a proxy forwards to: an origin of the strategy, and the path before each request's own. */
export interface ProxyTarget {
  readonly origin: string
  /** The URL for a path and query as they came over the wire; `undefined` when it leaves the target's path. */
  urlOf(requested: string): string | undefined
}

/** Checks the option `target`. */
export function proxyTarget(target: unknown, strategy: Strategy): ProxyTarget {
  if (typeof target !== 'string' || !URL.canParse(target)) {
    throw new ConfigurationError('target', 'must be an absolute URL')
  }
  const { origin, pathname, search, hash } = new URL(target)
  if (!strategy.origins.includes(origin)) {
    throw new ConfigurationError('target', `must be on an origin of the strategy: ${strategy.origins.join(', ')}`)
  }
  if (search !== '' || hash !== '') throw new ConfigurationError('target', 'must have neither query nor fragment')
  const base = pathname.replace(/\/$/, '')
  return {
    origin,
    urlOf(requested) {
      // The origin is written before it, so that `//host` is a path; the parser resolves dots.
      const url = new URL(`${origin}${base}${requested}`)
      const isBelow = url.pathname === base || url.pathname.startsWith(`${base}/`)
      return url.origin === origin && isBelow && !HIDDEN_DOTS.test(url.pathname) ? url.href : undefined
    },
  }
}

/** A segment of two dots where the slash is encoded: the parser leaves it, the carrier may not. */
const HIDDEN_DOTS = /(?:^|\/|%2f|%5c)(?:\.|%2e){2}(?:\/|%2f|%5c|$)/i
