import { apiKey, hashApiKey } from '@auth/core/verify'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { listUnprotectedRoutes, requireAuth } from '../src/index.ts'

const guard = requireAuth(apiKey({ keys: [{ id: 'k', hash: hashApiKey('right') }] }))
const names = (app: Hono): string[] => listUnprotectedRoutes(app).map(({ method, path }) => `${method} ${path}`)

test('lists what was declared before a guard, or beside its path', () => {
  const app = new Hono()
  app.get('/health', (c) => c.text('ok'))
  app.use('/api/*', guard)
  app.get('/api', (c) => c.text('in'))
  app.get('/api/labels', (c) => c.text('in'))
  app.get('/apis', (c) => c.text('open'))
  app.post('/own', guard, (c) => c.text('in'))
  app.get('/own', (c) => c.text('open'))
  app.all('/any', (c) => c.text('open'))
  expect(names(app)).toEqual(['GET /health', 'GET /apis', 'GET /own', '* /any'])
  expect(listUnprotectedRoutes(app, { except: ['GET /health', 'GET /apis', '* /own', '* /any'] })).toEqual([])
})

test('finds guards in apps below, with error handlers of their own too', () => {
  const inner = new Hono().onError((_error, c) => c.text('failed', 500))
  inner.use(guard).get('/labels', (c) => c.text('in'))
  const app = new Hono()
  app.route('/v1', inner)
  app.route(
    '/v2',
    new Hono().get('/labels', (c) => c.text('open')),
  )
  expect(names(app)).toEqual(['GET /v2/labels'])
})

test('a guard that only reports does not count', () => {
  const app = new Hono()
  app.use(requireAuth(apiKey({ keys: [{ id: 'k', hash: hashApiKey('right') }] }), { reportOnly: true }))
  app.get('/', (c) => c.text('open'))
  expect(names(app)).toEqual(['GET /'])
})

test('refuses what is no app', () => {
  expect(() => listUnprotectedRoutes({} as never)).toThrow('must be a Hono app')
  expect(() => listUnprotectedRoutes(new Hono(), { only: [] } as never)).toThrow('only')
})
