import { ConfigurationError } from '@auth/core/errors'
import { type Checks, checkOptions, listOf, text } from '@auth/core/options'
import type { Express, Router } from 'express'
import { isCarrierProxy } from './carrier-proxy.ts'
import { isEnforcing } from './require-auth.ts'
import { mountsOf, type RouteLayer, type RouterLayer, type RouterLike, routerOf } from './router-layers.ts'

/** A route that answers without a `requireAuth` in front. */
export interface UnprotectedRoute {
  /** In upper case; `*` for all. */
  readonly method: string
  /** As the routes were declared, mount paths included. */
  readonly path: string
}

export interface UnprotectedRoutesOptions {
  /** Routes that are meant to be open, as `'GET /health'` or `'* /docs'`. Default: none. */
  readonly except?: readonly string[]
}

const OPTIONS: Checks<UnprotectedRoutesOptions> = { except: listOf(text) }

/**
 * Lists the routes of an Express app that no `requireAuth` stands in front of, for a check at start-up. A guard counts
 * for what was declared after it: for the whole app, for a router, for one path and what is below, or for one route.
 * `reportOnly` does not count, nor does a guard behind a handler that takes no `next`, or one whose path tells cases
 * apart where the route's does not. Handlers of `use` that take no `next` are listed, unless they end the app, as a page
 * for 404 does. A `carrierProxy` is listed too; mounted apps cannot be looked into, and are listed unless a guard stands
 * before them; other middleware that answers by itself, such as `express.static`, is not seen.
 *
 * @throws ConfigurationError for what is no app or router, and for a wrong or unknown option.
 *
 * @example
 * const open = listUnprotectedRoutes(app, { except: ['GET /health'] })
 * if (open.length > 0) throw new Error(`unprotected: ${open.map(({ method, path }) => `${method} ${path}`)}`)
 */
export function listUnprotectedRoutes(
  app: Express | Router,
  options: UnprotectedRoutesOptions = {},
): UnprotectedRoute[] {
  checkOptions(options, OPTIONS, 'listUnprotectedRoutes')
  const { except = [] } = options
  const router = routerOf(app)
  if (router === undefined) throw new ConfigurationError('app', 'must be an Express app or router')
  return unprotected(router, ROOT, []).filter(
    ({ method, path }) => !except.includes(`${method} ${path}`) && !except.includes(`* ${path}`),
  )
}

/** A path as declared, and for each of its characters whether its router tells cases apart. */
interface Place {
  readonly path: string
  readonly sensitive: readonly boolean[]
}

const ROOT: Place = { path: '', sensitive: [] }

function unprotected(router: RouterLike, base: Place, guards: readonly Place[]): UnprotectedRoute[] {
  const found: UnprotectedRoute[] = []
  const standing = [...guards]
  const isSensitive = router.caseSensitive === true
  for (const [at, layer] of router.stack.entries()) {
    if (layer.route !== undefined) {
      const methods = openMethods(layer.route.stack)
      for (const { path } of placesOf(layer.route.path, base, isSensitive).filter(
        (place) => !isGuarded(place, standing),
      )) {
        found.push(...methods.map((method) => ({ method, path: path || '/' })))
      }
      continue
    }
    const mounts = mountsOf(layer)
    const places = placesOf(mounts, base, isSensitive)
    if (isEnforcing(layer.handle)) {
      standing.push(...places.filter((_place, i) => typeof mounts[i] === 'string'))
      continue
    }
    const isLast = base === ROOT && at === router.stack.length - 1
    for (const place of places) {
      const inner = routerOf(layer.handle)
      if (inner !== undefined) found.push(...unprotected(inner, place, standing))
      else if (answers(layer, isLast && place.path === '') && !isGuarded(place, standing)) {
        found.push({ method: '*', path: place.path || '/' })
      }
    }
  }
  return found
}

function answers({ name, handle }: RouterLayer, isEndOfApp: boolean): boolean {
  return name === 'mounted_app' || isCarrierProxy(handle) || (!isEndOfApp && takesNoNext(handle))
}

/** Not one of no parameters: that may well take all of them as a list. */
const takesNoNext = (handle: object): boolean =>
  typeof handle === 'function' && (handle.length === 1 || handle.length === 2)

/** A guard for a pattern counts for the very same pattern and what is below. */
function isGuarded(place: Place, guards: readonly Place[]): boolean {
  return guards.some(
    (guard) =>
      (guard.path === '' || place.path === guard.path || place.path.startsWith(`${guard.path}/`)) &&
      guard.sensitive.every((sensitive, i) => !sensitive || place.sensitive[i] || !isLetter(place.path[i])),
  )
}

const isLetter = (character = ''): boolean => character.toLowerCase() !== character.toUpperCase()

function placesOf(declared: unknown, base: Place, isSensitive: boolean): Place[] {
  const list: unknown[] = Array.isArray(declared) ? declared.flat(Number.POSITIVE_INFINITY) : [declared]
  return list.map((given) => {
    const own = typeof given === 'string' ? given.replace(/\/+$/, '') : String(given ?? '(unknown)')
    return {
      path: base.path + own,
      sensitive: [...base.sensitive, ...Array.from({ length: own.length }, () => isSensitive)],
    }
  })
}

/** The methods that reach a handler without a guard before it. */
function openMethods(stack: readonly RouteLayer[]): string[] {
  const isOpen = (method: string | undefined): boolean => {
    const layers = stack.filter((layer) => layer.method === undefined || layer.method === method)
    const guard = layers.findIndex(({ handle }) => isEnforcing(handle))
    return layers.some(
      ({ handle }, i) => !isEnforcing(handle) && (guard === -1 || (i < guard && canAnswerAlone(handle))),
    )
  }
  const methods = [...new Set(stack.flatMap(({ method }) => method ?? []))]
  const open = methods.filter(isOpen).map((method) => method.toUpperCase())
  // `app.all` declares every method by itself.
  return open.length >= ALL || isOpen(undefined) ? ['*'] : open
}

const ALL = 30

/** Routers and apps have a method `handle`. */
const canAnswerAlone = (handle: object): boolean =>
  takesNoNext(handle) || isCarrierProxy(handle) || typeof Reflect.get(handle, 'handle') === 'function'
