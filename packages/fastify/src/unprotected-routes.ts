import { ConfigurationError } from '@auth/core/errors'
import { type Checks, checkOptions, listOf, text } from '@auth/core/options'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { isEnforcing } from './hooks.ts'

/** A route that answers without a guard in front. */
export interface UnprotectedRoute {
  /** In upper case. */
  readonly method: string
  /** As the route was declared, prefixes included. */
  readonly path: string
}

export interface UnprotectedRoutesOptions {
  /** Routes that are meant to be open, as `'GET /health'` or `'* /docs'`. Default: none. */
  readonly except?: readonly string[]
}

const OPTIONS: Checks<UnprotectedRoutesOptions> = { except: listOf(text) }

interface Watched {
  readonly route: RouteOptions
  /** The instance it was declared on. */
  readonly owner: FastifyInstance
}

const WATCHED = Symbol('@auth/fastify routes')
const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Notes each route that is declared from now on, and has its policy checked. */
export function watchRoutes(app: FastifyInstance, checkPolicy: (policy: unknown) => void): void {
  const watched: Watched[] = []
  app.decorate(WATCHED, watched)
  app.addHook('onRoute', function watch(this: FastifyInstance, route) {
    const policy = route.config?.policy
    if (policy !== undefined) checkPolicy(policy)
    watched.push({ route, owner: this })
  })
}

/**
 * Lists the routes that no guard stands in front of, for a check at start-up: call it after `await app.ready()`. It sees
 * the routes that were declared after the plugin was loaded, so `await app.register(auth)` before them. A guard that
 * only reports does not count, nor does one inside another hook. In doubt it lists too much.
 *
 * @throws ConfigurationError for an app without the plugin, and for a wrong or unknown option.
 *
 * @example
 * await app.ready()
 * const open = listUnprotectedRoutes(app, { except: ['GET /health'] })
 * if (open.length > 0) throw new Error(`unprotected: ${open.map(({ method, path }) => `${method} ${path}`)}`)
 */
export function listUnprotectedRoutes(
  app: FastifyInstance,
  options: UnprotectedRoutesOptions = {},
): UnprotectedRoute[] {
  checkOptions(options, OPTIONS, 'listUnprotectedRoutes')
  const { except = [] } = options
  const watched: readonly Watched[] | undefined = Reflect.get(app, WATCHED)
  if (watched === undefined) throw new ConfigurationError('app', 'must be a Fastify app with this plugin registered')
  return watched
    .filter(({ route, owner }) => route.config?.policy === undefined && !isGuarded(route, owner))
    .flatMap(({ route }) => [route.method].flat().map((method) => ({ method: method.toUpperCase(), path: route.url })))
    .filter(({ method, path }) => !except.includes(`${method} ${path}`) && !except.includes(`* ${path}`))
}

function isGuarded(route: RouteOptions, owner: FastifyInstance): boolean {
  const inherited = hooksOf(owner)
  return HOOKS.some((name) => [inherited[name] ?? [], route[name] ?? []].flat().some((hook) => isEnforcing(hook)))
}

/** Fastify has no public list of an instance's hooks; where they are not found, the route is listed. */
function hooksOf(app: FastifyInstance): Partial<Record<(typeof HOOKS)[number], object[]>> {
  const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === 'fastify.hooks')
  return (key !== undefined && Reflect.get(app, key)) || {}
}
