import { apiKey as carrierKey, createStrategy } from '@auth/core'
import type { Express, RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import { apiKey, carrierProxy, hashApiKey, listUnprotectedRoutes, requireAuth } from '../src/index.ts'
import { expresses } from './support/expresses.ts'

const target = 'https://carrier.example'
const strategy = createStrategy({ origins: [target], layers: [carrierKey('x-api-key', 'secret')] })
const policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })
const guard = (): RequestHandler => requireAuth(policy)
const handler: RequestHandler = (_request, response) => void response.end()

const middleware: RequestHandler = (_request, _response, next) => next()
const onError: import('express').ErrorRequestHandler = (_error, _request, response, _next) => void response.end()
const proxy = () => carrierProxy(strategy, { target })

describe.each(expresses)('%s', (_name, express) => {
  const { Router } = express
  const list = (declare: (app: Express) => void, except?: string[]): string[] => {
    const app = express()
    declare(app)
    return listUnprotectedRoutes(app, except && { except }).map(({ method, path }) => `${method} ${path}`)
  }

  test.each<[string, (app: Express) => void, string[]]>([
    ['a handler before the guard', (app) => app.get('/a', handler, guard(), handler), ['GET /a']],
    ['a handler of use before the guard', (app) => app.use('/a', handler).use(guard()), ['* /a']],
    ['a handler of use for everything before the guard', (app) => app.use(handler).use(guard()), ['* /']],
    ['a handler of use behind the guard', (app) => app.use(guard()).use('/a', handler), []],
    ['a page for 404', (app) => app.get('/a', guard(), handler).use(handler), []],
    ['middleware and an error handler', (app) => app.use(middleware).use(onError).use('/a', middleware), []],
    ['a proxy before the guard of its route', (app) => app.all('/a', proxy(), guard(), handler), ['* /a']],
    [
      'a router before the guard of its route',
      (app) => app.get('/a', Router().get('/a', handler), guard()),
      ['GET /a'],
    ],
    ['an app before the guard of its route', (app) => app.get('/a', express(), guard(), handler), ['GET /a']],
    ['a guard alone, which answers nothing', (app) => app.all('/a', guard()), []],
    ['every method of an app', (app) => app.all('/a', handler), ['* /a']],
    ['every method of a router', (app) => app.use(Router().all('/a', handler)), ['* /a']],
    ['every method, guarded', (app) => app.all('/a', guard(), handler), []],
    [
      'a guard that tells cases apart, before a router that does not',
      (app) => app.enable('case sensitive routing').use('/admin', guard()).use(Router().get('/admin', handler)),
      ['GET /admin'],
    ],
    [
      'such a guard before a mounted router',
      (app) =>
        app.enable('case sensitive routing').use('/api/admin', guard()).use('/api', Router().get('/admin/x', handler)),
      ['GET /api/admin/x'],
    ],
    [
      'such a guard before what tells cases apart too',
      (app) =>
        app
          .enable('case sensitive routing')
          .use('/admin', guard())
          .get('/admin', handler)
          .use('/admin', Router().get('/x', handler))
          .use(Router({ caseSensitive: true }).get('/admin/y', handler)),
      [],
    ],
    [
      'a guard that tells no cases apart, before a router that does',
      (app) => app.use('/admin', guard()).use(Router({ caseSensitive: true }).get('/admin/y', handler)),
      [],
    ],
    [
      'a guard for a parameter, before its router',
      (app) => app.use('/t/:id', guard(), Router().get('/x', handler)),
      [],
    ],
    ['a guard for another parameter', (app) => app.use('/t/:id', guard()).get('/t/x', handler), ['GET /t/x']],
    ['a router at a parameter', (app) => app.use('/t/:id', Router().get('/x/:y', handler)), ['GET /t/:id/x/:y']],
    [
      'routers three deep',
      (app) => app.use('/a', Router().use('/b', Router().use('/c', Router().post('/d', handler)))),
      ['POST /a/b/c/d'],
    ],
    [
      'a guard three deep',
      (app) => app.use('/a', Router().use('/b', Router().use(guard()).post('/d', handler)).get('/e', handler)),
      ['GET /a/e'],
    ],
    ['several mounts', (app) => app.use(['/a', '/b.c'], Router().get('/x', handler)), ['GET /a/x', 'GET /b.c/x']],
    ['no route', () => {}, []],
    ['an open route', (app) => app.get('/a', handler), ['GET /a']],
    ['a guarded route', (app) => app.get('/a', guard(), handler), []],
    ['a guard after other middleware', (app) => app.get('/a', express.json(), guard(), handler), []],
    ['a guard in a list', (app) => app.get('/a', [express.json(), guard()], handler), []],
    ['a guard behind the handler', (app) => app.get('/a', handler, guard()), ['GET /a']],
    ['a guard for the app', (app) => app.use(guard()).get('/a', handler), []],
    ['a guard for the app, too late', (app) => app.get('/a', handler).use(guard()), ['GET /a']],
    [
      'a guard that only reports',
      (app) => app.use(requireAuth(policy, { reportOnly: true })).get('/a', handler),
      ['GET /a'],
    ],
    ['a guard for a path', (app) => app.use('/a', guard()).get('/a', handler).get('/a/b', handler), []],
    ['a guard for a path that starts alike', (app) => app.use('/a', guard()).get('/ab', handler), ['GET /ab']],
    ['a guard for a path in other case', (app) => app.use('/A', guard()).get('/a', handler), ['GET /a']],
    [
      'a guard for several paths',
      (app) => app.use(['/a', '/b'], guard()).get('/b', handler).get('/c', handler),
      ['GET /c'],
    ],
    ['a guard for a pattern', (app) => app.use('/:x', guard()).get('/a', handler), ['GET /a']],
    ['a guard for an expression', (app) => app.use(/^\/a/, guard()).get('/a', handler), ['GET /a']],
    ['a route that may lack its prefix', (app) => app.use('/a', guard()).get('/a{/:id}', handler), ['GET /a{/:id}']],
    ['a route with a parameter', (app) => app.use('/a', guard()).get('/a/:id', handler), []],
    ['a splat', (app) => app.use('/a', guard()).get('/*splat', handler), ['GET /*splat']],
    ['several paths', (app) => app.get(['/a', '/b'], handler), ['GET /a', 'GET /b']],
    ['an expression', (app) => app.get(/^\/a/, handler), ['GET /^\\/a/']],
    ['one method of several', (app) => app.route('/a').get(guard(), handler).post(handler), ['POST /a']],
    ['all methods', (app) => app.route('/a').all(handler), ['* /a']],
    ['a guard for all methods', (app) => app.route('/a').all(guard()).get(handler).post(handler), []],
    [
      'a guard for one method behind a handler for all',
      (app) => app.route('/a').all(handler).get(guard(), handler),
      ['* /a'],
    ],
    ['a guard for all methods, too late', (app) => app.route('/a').get(handler).all(guard()), ['GET /a']],
    ['a router', (app) => app.use('/r', Router().get('/a', handler).get('/', handler)), ['GET /r/a', 'GET /r']],
    ['a guard in a router', (app) => app.use('/r', Router().use(guard()).get('/a', handler)), []],
    ['a guard before a router', (app) => app.use('/r', guard(), Router().get('/a', handler)), []],
    [
      'a guard for a router elsewhere',
      (app) => app.use('/s', guard()).use('/r', Router().get('/a', handler)),
      ['GET /r/a'],
    ],
    [
      'a guard in one router, a route in another',
      (app) => app.use('/r', Router().use(guard())).use('/r', Router().get('/a', handler)),
      ['GET /r/a'],
    ],
    ['a router in a router', (app) => app.use('/r', Router().use('/s', Router().get('/a', handler))), ['GET /r/s/a']],
    ['a mounted app', (app) => app.use('/m', express().get('/a', guard(), handler)), ['* /m']],
    ['a carrier proxy', (app) => app.use('/carrier', proxy()), ['* /carrier']],
    ['a guarded carrier proxy', (app) => app.use('/carrier', guard(), proxy()), []],
    ['a guarded mounted app', (app) => app.use('/m', guard(), express().get('/a', handler)), []],
  ])('%s', (_name, declare, expected) => {
    expect(list(declare)).toEqual(expected)
  })

  test('routes that are meant to be open are left out', () => {
    const declare = (app: Express): unknown =>
      app.get('/health', handler).post('/health', handler).use('/docs', express())
    expect(list(declare, ['GET /health', '* /docs'])).toEqual(['POST /health'])
  })

  test('a router alone can be asked too', () => {
    expect(listUnprotectedRoutes(Router().get('/a', handler))).toEqual([{ method: 'GET', path: '/a' }])
  })
})

test.each<[string, () => unknown]>([
  ['except', () => listUnprotectedRoutes(expresses[0]?.[1]() as Express, { except: 'GET /health' as never })],
  ['excpt', () => listUnprotectedRoutes(expresses[0]?.[1]() as Express, { excpt: [] } as never)],
  ['app', () => listUnprotectedRoutes({} as Express)],
])('a wrong %s fails at once', (option, ask) => {
  expect(ask).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }))
})
