import express, { type Request, type RequestHandler } from 'express'
import type { Express as Express4, RequestHandler as RequestHandler4 } from 'express4-types'
import { expectTypeOf, test } from 'vitest'
import {
  apiKey,
  bearer,
  type Claims,
  type carrierProxy,
  getIdentity,
  hashApiKey,
  type Identity,
  type Policy,
  requireAuth,
  requireScope,
  type Verifier,
} from '../src/index.ts'

// Checked by the compiler; nothing of this runs against a request.
test('an identity is typed, and cannot be written to', () => {
  expectTypeOf<[Request]>().toExtend<Parameters<typeof getIdentity>>()
  expectTypeOf(getIdentity).returns.toEqualTypeOf<Identity>()
  expectTypeOf<Identity['scope']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<NonNullable<Identity['layers']['bearer']>['claims']>().toEqualTypeOf<Claims>()
  expectTypeOf<NonNullable<Identity['layers']['basic']>['username']>().toEqualTypeOf<string>()
  // @ts-expect-error: read-only
  expectTypeOf<Identity>().toEqualTypeOf<{ party: string; scope: string[]; layers: object }>()
})

test('policies and verifiers fit where the contract puts them', () => {
  expectTypeOf(apiKey).returns.toEqualTypeOf<Policy>()
  expectTypeOf(bearer).parameter(0).toEqualTypeOf<Verifier>()
  expectTypeOf((token: string) => Promise.resolve({ sub: token })).toExtend<Verifier>()
  expectTypeOf(requireAuth).parameter(0).toEqualTypeOf<Policy>()
})

type Proxied = ReturnType<typeof carrierProxy>

test('a guard leaves the types of the handlers beside it alone', () => {
  const policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })
  const app = express()
  app.get('/labels/:id', requireAuth(policy), requireScope('read'), (request, response) => {
    expectTypeOf(request.params).toEqualTypeOf<{ id: string }>()
    response.json(getIdentity(request).party)
  })
  app
    .route('/labels/:id')
    .all(requireAuth(policy))
    .get((request, response) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>()
      response.end()
    })
  app.post('/labels', requireAuth(policy), ((request, response) => {
    expectTypeOf(request.body.weight).toEqualTypeOf<number>()
    response.json({ party: getIdentity(request).party })
  }) as RequestHandler<object, { party: string }, { weight: number }>)
  app.use('/carrier', requireAuth(policy), (_request, _response, next) => next())
  expectTypeOf(requireAuth).returns.toExtend<RequestHandler>()
  expectTypeOf(requireScope).returns.toExtend<RequestHandler>()
  expectTypeOf<Proxied>().toExtend<RequestHandler>()
})

test('a guard fits the types of Express 4', () => {
  const declare = (app: Express4): unknown =>
    app.get(
      '/labels/:id',
      requireAuth(apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })),
      requireScope('read'),
      (request, response) => {
        expectTypeOf(request.params.id).toEqualTypeOf<string>()
        response.end()
      },
    )
  expectTypeOf(declare).toBeFunction()
  expectTypeOf(requireAuth).returns.toExtend<RequestHandler4>()
  expectTypeOf<Proxied>().toExtend<RequestHandler4>()
})
