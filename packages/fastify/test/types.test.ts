import { apiKey, hashApiKey, type Identity, type Policy } from '@auth/core/verify'
import fastify, { type FastifyPluginAsync, type onRequestHookHandler, type preHandlerHookHandler } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import auth, { type GuardHook } from '../src/index.ts'

// Checked by the compiler; nothing of this runs against a request.
const policy: Policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })

test('the identity is on every request, and may be absent', () => {
  const declare: FastifyPluginAsync = async (app) => {
    app.get('/', { config: { policy } }, (request) => {
      expectTypeOf(request.identity).toEqualTypeOf<Identity | null>()
      return request.identity?.party
    })
    // @ts-expect-error: no policy
    app.get('/wrong', { config: { policy: 'keys' } }, () => 'in')
  }
  expectTypeOf(declare).toBeFunction()
})

test('a guard leaves the types of the route alone', () => {
  const declare = async (): Promise<void> => {
    const app = fastify({ logger: true })
    await app.register(auth, { onDecision: () => {} })
    app.get<{ Params: { id: string }; Querystring: { weight: number } }>(
      '/labels/:id',
      { onRequest: app.requireAuth(policy), preHandler: [app.requireScope('read')] },
      (request) => {
        expectTypeOf(request.params).toEqualTypeOf<{ id: string }>()
        expectTypeOf(request.query.weight).toEqualTypeOf<number>()
        return request.identity?.party
      },
    )
    app.addHook('onRequest', app.requireAuth(policy))
    app.addHook('preHandler', app.requireScope('read'))
    const secure = fastify({ http2: true })
    await secure.register(auth as never)
    secure.get('/', { onRequest: secure.requireAuth(policy) }, () => 'in')
  }
  expectTypeOf(declare).toBeFunction()
  expectTypeOf<GuardHook>().toExtend<onRequestHookHandler>()
  expectTypeOf<GuardHook>().toExtend<preHandlerHookHandler>()
})
