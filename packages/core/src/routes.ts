import { ConfigurationError } from './errors.ts'
import type { Layer } from './layer.ts'

/** Paths of an API that are authenticated in another way than the rest. */
export interface Route {
  /**
   * Paths, such as `/labels/v3`: each stands for itself and everything below it. Whole segments count (`/track` is not
   * `/tracking`), upper and lower case differ, and `%2f` is not a slash.
   */
  readonly paths: readonly string[]
  /** What replaces the strategy's `layers` there; `[]` for public paths. */
  readonly layers: readonly Layer[]
}

/** Selects by the path of a URL: the first route that has it, else `otherwise`. */
export function router<T>(
  routes: readonly { readonly paths: readonly string[]; readonly to: T }[],
  otherwise: T,
): (url: string) => T {
  if (routes.length === 0) return () => otherwise
  const prefixes = routes.flatMap(({ paths, to }) => paths.map((path) => ({ to, segments: segmentsOf(path) })))
  return (url) => {
    const path = segmentsOf(new URL(url).pathname)
    return (prefixes.find(({ segments }) => segments.every((segment, i) => segment === path[i])) ?? { to: otherwise })
      .to
  }
}

/**
 * Checks the path of a route.
 *
 * @throws ConfigurationError for what is not a path in its plainest spelling.
 */
export function checkPath(path: unknown, option: string): asserts path is string {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new ConfigurationError(option, 'must be a path that begins with a slash, such as /labels/v3')
  }
  if (path.includes('*')) {
    throw new ConfigurationError(option, 'has no wildcards: a path stands for everything below it')
  }
  if (/[?#]/.test(path)) throw new ConfigurationError(option, 'must be a path, without a query or fragment')
  const { pathname } = new URL(path.replace(/^\/*/, '/'), 'https://host.invalid')
  const plain = `/${segmentsOf(pathname).join('/')}`
  if (path !== plain && path !== `${plain}/`) throw new ConfigurationError(option, `must be written ${plain}`)
}

/**
 * The segments of a parsed path as servers take them: without empty ones (`//`), parameters (`;v=1`), dots, and escapes
 * other than those of slashes and backslashes. No spelling of a path gets around its route.
 */
function segmentsOf(path: string): string[] {
  const segments: string[] = []
  for (const raw of path.split('/')) {
    const segment = unescaped(raw.replace(/;.*/s, ''))
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments
}

function unescaped(segment: string): string {
  // A slash or backslash that is escaped stays so, in one spelling; an escaped percent sign too, or `%252f` would be one.
  return segment
    .split(/(%(?:2f|5c|25))/i)
    .map((part, i) => (i % 2 === 1 ? part.toLowerCase() : decoded(part)))
    .join('')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
