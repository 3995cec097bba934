import { type Checks, callable, checkOptions } from '@auth/core/options'
import { type DecisionListener, type GuardOptions, type Identity, type Policy, requirePolicy } from '@auth/core/verify'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { type GuardHook, guardHook, scopeHook } from './hooks.ts'
import { watchRoutes } from './unprotected-routes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * A hook that lets a request through when `policy` accepts it; else it answers 401 with challenges, 403, 400, 413,
     * 429, or 503 when it cannot be decided, with problem details (RFC 9457) as body. OPTIONS and HEAD are no
     * exceptions. Behind another one it adds its layers to the identity, and answers 403 for another party.
     *
     * @throws ConfigurationError for a wrong option.
     *
     * @example
     * app.addHook('onRequest', app.requireAuth(apiKey({ keys })))
     * app.get('/labels', { onRequest: app.requireAuth(policy) }, handler)
     */
    requireAuth(policy: Policy, options?: GuardOptions): GuardHook
    /**
     * A hook that lets a request through when its identity has all of `scopes`; else it answers 403 `insufficient_scope`
     * (RFC 6750 section 3.1). Goes after `requireAuth`.
     *
     * @throws ConfigurationError without scopes.
     */
    requireScope(...scopes: string[]): GuardHook
  }
  interface FastifyRequest {
    /** Who sent the request; `null` where no guard has let it through. */
    identity: Identity | null
  }
  interface FastifyContextConfig {
    /** The policy of this route, checked in `onRequest`, behind the hooks of the instance. */
    policy?: Policy
  }
}

export interface AuthPluginOptions {
  /** Receives the decisions of every guard that has no `onDecision` of its own. Default: none. */
  readonly onDecision?: DecisionListener | undefined
}

const OPTIONS = { onDecision: callable } satisfies Checks<AuthPluginOptions>

const plugin: FastifyPluginAsync<AuthPluginOptions> = async (app, options) => {
  // Fastify reads these of a plugin's options by itself.
  const { prefix, logLevel, logSerializers, ...own } = options as AuthPluginOptions & Record<string, unknown>
  checkOptions<AuthPluginOptions>(own, OPTIONS, '@auth/fastify')
  app.decorateRequest('identity', null)
  app.decorate('requireAuth', (policy: Policy, further: GuardOptions = {}) => guardHook(policy, { ...own, ...further }))
  app.decorate('requireScope', (...scopes: string[]) => scopeHook(scopes))
  watchRoutes(app, (policy) => requirePolicy(policy, 'config.policy'))

  const hooks = new WeakMap<Policy, GuardHook>()
  // A hook of the instance, and not one that `onRoute` adds: it holds for routes too that were declared before the
  // plugin was loaded.
  app.addHook('onRequest', (request, reply, next) => {
    const { policy } = request.routeOptions.config
    if (policy === undefined) return next()
    let hook = hooks.get(policy)
    if (hook === undefined) {
      hook = guardHook(policy, own)
      hooks.set(policy, hook)
    }
    hook(request, reply, next)
  })
}

/**
 * The plugin: `app.requireAuth(policy)`, `app.requireScope(…)`, `config: { policy }` per route, `request.identity`. It
 * holds for the instance it is registered on and those below.
 *
 * @example
 * await app.register(auth)
 * app.get('/labels', { config: { policy: apiKey({ keys }) } }, (request) => request.identity?.party)
 */
export const authPlugin: FastifyPluginAsync<AuthPluginOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@auth/fastify',
})
