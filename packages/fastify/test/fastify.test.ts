import { createHmac } from 'node:crypto'
import { apiKey, basic, type DecisionEvent, generateApiKey, resourceMetadata, signature } from '@auth/core/verify'
import fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import auth, { listUnprotectedRoutes, serveResourceMetadata } from '../src/index.ts'

const { key, id, hash } = generateApiKey()
const keys = apiKey({ keys: [{ id, hash, party: 'acme', scope: ['read'] }] })
const right = { 'x-api-key': key }

/** The origin of an app that listens until the test is over. */
async function origin(app: FastifyInstance): Promise<string> {
  onTestFinished(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function withPlugin(options: object = {}): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true })
  await app.register(auth, options)
  return app
}

test('a hook guards the instance it is added to and those below, and no other', async () => {
  const app = await withPlugin()
  app.get('/open', (request) => request.identity)
  await app.register(async (child) => {
    child.addHook('onRequest', child.requireAuth(keys))
    child.get('/in', (request) => request.identity?.party)
    await child.register(async (grandchild) => void grandchild.get('/deep', (request) => request.identity?.party))
  })
  const at = await origin(app)
  expect(await (await fetch(`${at}/open`, { headers: right })).text()).toBe('null')
  for (const path of ['/in', '/deep']) {
    expect((await fetch(at + path)).status).toBe(401)
    expect(await (await fetch(at + path, { headers: right })).text()).toBe('acme')
  }
})

test('config.policy guards one route, its HEAD too, behind the policy of the instance', async () => {
  const app = await withPlugin()
  app.get('/own', { config: { policy: keys } }, (request) => request.identity?.party)
  const at = await origin(app)
  expect((await fetch(`${at}/own`)).status).toBe(401)
  expect((await fetch(`${at}/own`, { method: 'HEAD' })).status).toBe(401)
  expect(await (await fetch(`${at}/own`, { headers: right })).text()).toBe('acme')
})

test('config.policy holds for a route that was declared before the plugin was loaded', async () => {
  const app = fastify({ forceCloseConnections: true })
  app.register(auth)
  app.get('/early', { config: { policy: keys } }, () => 'in')
  const at = await origin(app)
  expect((await fetch(`${at}/early`)).status).toBe(401)
  expect((await fetch(`${at}/early`, { headers: right })).status).toBe(200)
})

test('as preHandler it works too, and identities do not pass from request to request', async () => {
  const app = await withPlugin()
  const passwords = basic({ verify: async (party, password) => (password === 'right' ? { party } : undefined) })
  app.get('/', { preHandler: app.requireAuth(passwords) }, (request) => request.identity?.party)
  const at = await origin(app)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => fetch(at, { headers: { authorization: `Basic ${btoa(`p${i}:right`)}` } })),
  )
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(answers.map((_, i) => `p${i}`))
  expect((await fetch(at)).status).toBe(401)
})

test('a response schema does not change the answer, and hooks see it', async () => {
  const app = await withPlugin()
  const seen: number[] = []
  app.addHook('onSend', async (_request, reply, payload) => {
    seen.push(reply.statusCode)
    return payload
  })
  const schema = { response: { '4xx': { type: 'object', properties: { message: { type: 'string' } } } } }
  app.get('/', { schema, onRequest: app.requireAuth(keys) }, () => 'in')
  const answer = await fetch(await origin(app))
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({ code: 'credentials_missing', status: 401 })
  expect(seen).toEqual([401])
})

test('the path is reported as sent where the server rewrites it', async () => {
  const events: DecisionEvent[] = []
  const app = fastify({ rewriteUrl: () => '/inner', forceCloseConnections: true })
  await app.register(auth, { onDecision: (event) => events.push(event) })
  app.get('/inner', { config: { policy: keys } }, () => 'in')
  expect((await fetch(`${await origin(app)}/outer?token=1`, { headers: right })).status).toBe(200)
  expect(events).toMatchObject([{ path: '/outer', party: 'acme' }])
})

test('app.inject is guarded as well', async () => {
  const app = await withPlugin()
  app.get('/', { config: { policy: keys } }, () => 'in')
  expect((await app.inject('/')).statusCode).toBe(401)
  expect((await app.inject({ url: '/', headers: right })).statusCode).toBe(200)
})

test('requireScope without a guard is an error, and the route is not reached', async () => {
  const app = await withPlugin()
  let reached = false
  app.get('/', { onRequest: app.requireScope('read') }, () => {
    reached = true
  })
  expect([(await app.inject('/')).statusCode, reached]).toEqual([500, false])
})

test('what is wrong is refused at start-up', async () => {
  const app = await withPlugin()
  expect(() => app.requireAuth({} as never)).toThrow('policy')
  expect(() => app.requireAuth(keys, { reportonly: true } as never)).toThrow('did you mean `reportOnly`')
  expect(() => app.requireScope()).toThrow('scopes')
  expect(() => app.get('/', { config: { policy: {} as never } }, () => 'in')).toThrow('config.policy')
  await expect(withPlugin({ onDecison: () => {} })).rejects.toThrow('did you mean `onDecision`')
})

describe('a signed webhook', () => {
  const policy = signature({ header: 'x-signature', secrets: 'shared-secret', party: 'sender' })
  const body = JSON.stringify({ parcel: 1, text: 'ä' })
  const headers = {
    'content-type': 'application/json',
    'x-signature': createHmac('sha256', 'shared-secret').update(body).digest('hex'),
  }

  test('is accepted in onRequest, and the route has the parsed body', async () => {
    const app = await withPlugin()
    app.post('/', { onRequest: app.requireAuth(policy) }, (request) => request.body)
    const at = await origin(app)
    const answer = await fetch(at, { method: 'POST', headers, body })
    expect([answer.status, await answer.text()]).toEqual([200, body])
    expect((await fetch(at, { method: 'POST', headers, body: `${body} ` })).status).toBe(401)
  })

  test('is undecided in preHandler, where the body is parsed already, and the event says why', async () => {
    const events: DecisionEvent[] = []
    const app = await withPlugin({ onDecision: (event: DecisionEvent) => events.push(event) })
    app.post('/', { preHandler: app.requireAuth(policy) }, () => 'in')
    expect((await fetch(await origin(app), { method: 'POST', headers, body })).status).toBe(503)
    expect(events[0]?.layers[0]?.detail).toContain('was parsed before')
  })

  test('is accepted in preHandler where a parser keeps the bytes', async () => {
    const app = await withPlugin()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
    app.post('/', { preHandler: app.requireAuth(policy) }, () => 'in')
    expect((await fetch(await origin(app), { method: 'POST', headers, body })).status).toBe(200)
  })
})

test('the metadata of the resource is served to everybody', async () => {
  const metadata = resourceMetadata({
    resource: 'https://api.example/mcp',
    authorizationServers: ['https://id.example'],
  })
  const app = await withPlugin()
  await app.register(serveResourceMetadata(metadata))
  const answer = await app.inject(new URL(metadata.url).pathname)
  expect([answer.statusCode, answer.headers['content-type'], answer.json()]).toEqual([
    200,
    'application/json',
    metadata.document,
  ])
})

describe('listUnprotectedRoutes', () => {
  const names = (app: FastifyInstance): string[] =>
    listUnprotectedRoutes(app).map(({ method, path }) => `${method} ${path}`)

  test('lists routes without a guard, wherever the guard stands', async () => {
    const app = await withPlugin()
    app.get('/health', () => 'ok')
    app.post('/own', { config: { policy: keys } }, () => 'in')
    app.put('/hook', { preHandler: [app.requireAuth(keys)] }, () => 'in')
    app.put('/reported', { onRequest: app.requireAuth(keys, { reportOnly: true }) }, () => 'open')
    await app.register(
      async (child) => {
        child.post('/before', () => 'in')
        child.addHook('onRequest', child.requireAuth(keys))
        await child.register(async (grandchild) => void grandchild.post('/deep', () => 'in'))
      },
      { prefix: '/v1' },
    )
    await app.ready()
    expect(names(app)).toEqual(['GET /health', 'HEAD /health', 'PUT /reported'])
    expect(listUnprotectedRoutes(app, { except: ['* /health', 'PUT /reported'] })).toEqual([])
    // A hook that was added after a route of its instance guards that route too.
    expect((await app.inject({ method: 'POST', url: '/v1/before' })).statusCode).toBe(401)
  })

  test('refuses an app without the plugin, and unknown options', async () => {
    expect(() => listUnprotectedRoutes(fastify())).toThrow('with this plugin registered')
    const app = await withPlugin()
    expect(() => listUnprotectedRoutes(app, { only: [] } as never)).toThrow('only')
  })
})
