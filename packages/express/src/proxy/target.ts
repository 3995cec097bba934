import type { Strategy } from '@auth/core'
import { ConfigurationError } from '@auth/core/errors'

/** What a proxy forwards to: an origin of the strategy, and the path before each request's own. */
export interface ProxyTarget {
  readonly origin: string
  /** The path before each request's own, without a slash at its end. */
  readonly base: string
  /** The URL for a path and query as they came over the wire; `undefined` when it leaves the target's path. */
  urlOf(requested: string): URL | undefined
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
    base,
    urlOf(requested) {
      // The origin is written before it, so that `//host` is a path; the parser resolves plain dots.
      const whole = `${origin}${base}${requested}`
      if (!URL.canParse(whole)) return undefined
      const url = new URL(whole)
      url.hash = ''
      const isBelow = url.pathname === base || url.pathname.startsWith(`${base}/`)
      return url.origin === origin && isBelow && !hasHiddenDots(url.pathname) ? url : undefined
    },
  }
}

// As often as anybody encodes a path, and then some.
const MOST_DECODINGS = 6

/**
 * Whether the carrier might read a segment as `..`: once it has decoded it (several times), taken a backslash for a
 * slash, cut off what follows a semicolon, or dropped what it cannot show.
 */
function hasHiddenDots(path: string): boolean {
  let reading = path
  for (let i = 0; i < MOST_DECODINGS; i++) {
    if (segmentsOf(reading).some((segment) => /^\.{2,}$/.test(segment))) return true
    const decoded = decode(reading)
    if (decoded === reading) return false
    reading = decoded
  }
  return true
}

function segmentsOf(path: string): string[] {
  return path.split(/[/\\?#]/).map((segment) => segment.replace(/;.*$/s, '').replace(INVISIBLE, ''))
}

const INVISIBLE = /[\p{C}\p{Z}\ufffd]/gu

/** One round of decoding, with the overlong and the compatible spellings of dots and slashes that some servers take. */
function decode(path: string): string {
  const text = path
    .replace(/%u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%c0%ae|%e0%80%ae/gi, '.')
    .replace(/%(?:c0%af|e0%80%af|c1%9c)/gi, '/')
    .replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
  return text.normalize('NFKC')
}
