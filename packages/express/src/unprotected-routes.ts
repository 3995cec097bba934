import type { Express, Router } from 'express'
import { isCarrierProxy } from './carrier-proxy.ts'
import { isEnforcing } from './require-auth.ts'

/** A route that answers without a `requireAuth` in front. */
export interface UnprotectedRoute {
  /** In upper case; `*` for all. */
  readonly method: string
  /** As the routes were declared, mount paths included. */
  readonly path: string
}

/**
 * Lists the routes of an Express 5 app that no `requireAuth` stands in front of, for a check at start-up. A guard counts
 * for what was declared after it: for the whole app, for a router, for one path and what is below, or for one route.
 * `reportOnly` does not count. A `carrierProxy` is listed too; mounted apps cannot be looked into, and are listed unless
 * a guard stands before them; other middleware that answers by itself, such as `express.static`, is not seen.
 *
 * @param options.except Routes that are meant to be open, as `'GET /health'` or `'* /docs'`. Default: none.
 */
export function listUnprotectedRoutes(
  app: Express | Router,
  { except = [] }: { except?: readonly string[] } = {},
): UnprotectedRoute[] {
  const { stack } = 'router' in app ? app.router : app
  return unprotected(stack as unknown as RouterLayer[], '', []).filter(
    ({ method, path }) => !except.includes(`${method} ${path}`) && !except.includes(`* ${path}`),
  )
}

/** A layer of Express' router, as far as it is looked at. */
interface RouterLayer {
  readonly handle: object & { readonly stack?: RouterLayer[] }
  readonly name: string
  /** The path of `use` as it was given; not there before router 2.3. */
  readonly rawPath?: unknown
  /** Whether it stands for every path. */
  readonly slash?: boolean
  readonly route?: { readonly path: unknown; readonly stack: RouteLayer[] }
}

interface RouteLayer {
  readonly handle: object
  /** In lower case; absent for all. */
  readonly method?: string
}

/** `guards` are the paths that a `requireAuth` was seen for, the empty one standing for all. */
function unprotected(stack: readonly RouterLayer[], base: string, guards: readonly string[]): UnprotectedRoute[] {
  const found: UnprotectedRoute[] = []
  const standing = [...guards]
  for (const layer of stack) {
    if (layer.route !== undefined) {
      const methods = openMethods(layer.route.stack)
      for (const path of paths(layer.route.path, base)) {
        if (!isGuarded(path, standing)) found.push(...methods.map((method) => ({ method, path })))
      }
      continue
    }
    const mounts = layer.slash === true ? [base] : paths(layer.rawPath ?? '(unknown)', base)
    if (isEnforcing(layer.handle)) {
      standing.push(...mounts.filter((mount) => !PATTERN.test(mount)))
      continue
    }
    for (const mount of mounts) {
      if (layer.handle.stack !== undefined) found.push(...unprotected(layer.handle.stack, mount, standing))
      else if ((layer.name === 'mounted_app' || isCarrierProxy(layer.handle)) && !isGuarded(mount, standing)) {
        found.push({ method: '*', path: mount === '' ? '/' : mount })
      }
    }
  }
  return found
}

/** What makes a path stand for several: a guard for a pattern is not compared with routes, and counts for nothing. */
const PATTERN = /[:*{}()?+[\]\\]/

/** Case counts, although Express' routers ignore it by default: a false alarm does no harm. */
const isGuarded = (path: string, guards: readonly string[]): boolean =>
  guards.some((guard) => guard === '' || path === guard || path.startsWith(`${guard}/`))

function paths(declared: unknown, base: string): string[] {
  const list: unknown[] = Array.isArray(declared) ? declared.flat(Number.POSITIVE_INFINITY) : [declared]
  return list.map((path) => {
    if (typeof path !== 'string') return base + String(path)
    return path === '/' && base !== '' ? base : (base + path).replace(/(?<=.)\/+$/, '')
  })
}

/** The methods whose last handler no guard precedes. */
function openMethods(stack: readonly RouteLayer[]): string[] {
  const methods = new Set(stack.flatMap(({ method }) => method ?? []))
  const last = (method: string | undefined): number =>
    stack.findLastIndex((layer) => layer.method === undefined || layer.method === method)
  const isOpen = (method: string | undefined): boolean =>
    !stack
      .slice(0, last(method))
      .some((layer) => (layer.method === undefined || layer.method === method) && isEnforcing(layer.handle))
  const named = [...methods].filter(isOpen).map((method) => method.toUpperCase())
  const forAll = stack.some(({ method, handle }) => method === undefined && !isEnforcing(handle))
  return forAll && isOpen(undefined) ? ['*', ...named] : named
}
