import { apiKey as carrierKey, createStrategy } from '@auth/core'
import express, { Router } from 'express'
import { expect, test } from 'vitest'
import { apiKey, carrierProxy, hashApiKey, listUnprotectedRoutes, requireAuth } from '../src/index.ts'

const target = 'https://carrier.example'
const strategy = createStrategy({ origins: [target], layers: [carrierKey('x-api-key', 'secret')] })
const policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })
const guard = (): express.RequestHandler => requireAuth(policy)
const handler: express.RequestHandler = (_request, response) => void response.end()

const list = (declare: (app: express.Express) => void, except?: string[]): string[] => {
  const app = express()
  declare(app)
  return listUnprotectedRoutes(app, except && { except }).map(({ method, path }) => `${method} ${path}`)
}

test.each<[string, (app: express.Express) => void, string[]]>([
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
  ['a carrier proxy', (app) => app.use('/carrier', carrierProxy(strategy, { target })), ['* /carrier']],
  ['a guarded carrier proxy', (app) => app.use('/carrier', guard(), carrierProxy(strategy, { target })), []],
  ['a guarded mounted app', (app) => app.use('/m', guard(), express().get('/a', handler)), []],
])('%s', (_name, declare, expected) => {
  expect(list(declare)).toEqual(expected)
})

test('routes that are meant to be open are left out', () => {
  const declare = (app: express.Express): unknown =>
    app.get('/health', handler).post('/health', handler).use('/docs', express())
  expect(list(declare, ['GET /health', '* /docs'])).toEqual(['POST /health'])
})

test('a router alone can be asked too', () => {
  expect(listUnprotectedRoutes(Router().get('/a', handler))).toEqual([{ method: 'GET', path: '/a' }])
})
