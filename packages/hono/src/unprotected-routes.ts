import { ConfigurationError } from '@auth/core/errors'
import { type Checks, checkOptions, listOf, text } from '@auth/core/options'
import type { Hono } from 'hono'
import { isEnforcing } from './require-auth.ts'

/** A route that answers without a `requireAuth` in front. */
export interface UnprotectedRoute {
  /** In upper case; `*` for all. */
  readonly method: string
  /** As the route was declared, base paths included. */
  readonly path: string
}

export interface UnprotectedRoutesOptions {
  /** Routes that are meant to be open, as `'GET /health'` or `'* /docs'`. Default: none. */
  readonly except?: readonly string[]
}

const OPTIONS: Checks<UnprotectedRoutesOptions> = { except: listOf(text) }

/**
 * Lists the routes of a Hono app that no `requireAuth` stands in front of, for a check at start-up. A guard counts for
 * what was declared after it: for its path, and below it where the path ends in `/*`. `reportOnly` does not count, nor
 * does a guard inside `every`, `some` or `except`. Handlers that take `next` are taken for middleware and not listed;
 * nor are apps behind `mount`. In doubt it lists too much.
 *
 * @throws ConfigurationError for what is no app, and for a wrong or unknown option.
 *
 * @example
 * const open = listUnprotectedRoutes(app, { except: ['GET /health'] })
 * if (open.length > 0) throw new Error(`unprotected: ${open.map(({ method, path }) => `${method} ${path}`)}`)
 */
export function listUnprotectedRoutes(
  // biome-ignore lint/suspicious/noExplicitAny: an app of any environment
  app: Hono<any, any, any>,
  options: UnprotectedRoutesOptions = {},
): UnprotectedRoute[] {
  checkOptions(options, OPTIONS, 'listUnprotectedRoutes')
  const { except = [] } = options
  if (!Array.isArray(app?.routes)) throw new ConfigurationError('app', 'must be a Hono app')
  const guards: UnprotectedRoute[] = []
  const found = new Map<string, UnprotectedRoute>()
  for (const { method: declared, path, handler } of app.routes) {
    const route = { method: declared === 'ALL' ? '*' : declared, path }
    const target = innermost(handler)
    if (isEnforcing(target)) guards.push(route)
    else if (target.length < 2 && !guards.some((guard) => covers(guard, route))) found.set(name(route), route)
  }
  return [...found.values()].filter((route) => !except.includes(name(route)) && !except.includes(`* ${route.path}`))
}

const name = ({ method, path }: UnprotectedRoute): string => `${method} ${path}`

function covers(guard: UnprotectedRoute, route: UnprotectedRoute): boolean {
  if (guard.method !== '*' && guard.method !== route.method) return false
  if (guard.path === '*' || guard.path === route.path) return true
  if (!guard.path.endsWith('/*')) return false
  const base = guard.path.slice(0, -2)
  return route.path === base || route.path.startsWith(`${base}/`)
}

/** Hono wraps the handlers of an app that has an error handler of its own when it becomes part of another. */
function innermost(handler: object & { readonly length: number }): typeof handler {
  const inner = Reflect.get(handler, '__COMPOSED_HANDLER')
  return typeof inner === 'function' ? innermost(inner) : handler
}
