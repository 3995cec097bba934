import { createHmac } from 'node:crypto'
import {
  apiKey,
  type DecisionEvent,
  generateApiKey,
  type Identity,
  resourceMetadata,
  signature,
} from '@auth/core/verify'
import Koa from 'koa'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { requireAuth, requireScope, serveResourceMetadata } from '../src/index.ts'
import { listen } from './listen.ts'

const { key, id, hash } = generateApiKey()
const keys = apiKey({ keys: [{ id, hash, party: 'acme', scope: ['read'] }] })
const right = { 'x-api-key': key }

async function origin(app: Koa): Promise<string> {
  const { port, close } = await listen(app)
  onTestFinished(close)
  return `http://127.0.0.1:${port}`
}

test('the identity is typed state behind the guard, and error handlers see no refusal', async () => {
  const app = new Koa()
  const errors: unknown[] = []
  app.on('error', (error) => errors.push(error))
  app.use(requireAuth(keys)).use((ctx) => {
    expectTypeOf(ctx.state.identity).toEqualTypeOf<Identity>()
    ctx.body = ctx.state.identity.party
  })
  const at = await origin(app)
  const refused = await fetch(at)
  expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
  expect(await (await fetch(at, { headers: right })).text()).toBe('acme')
  expect(errors).toEqual([])
})

test('the path is reported as sent where a mount has shortened it', async () => {
  const events: DecisionEvent[] = []
  const app = new Koa().use((ctx, next) => {
    ctx.path = '/'
    return next()
  })
  app.use(requireAuth(keys, { onDecision: (event) => events.push(event) }))
  await fetch(`${await origin(app)}/v1/labels?token=1`)
  expect(events).toMatchObject([{ path: '/v1/labels' }])
})

test('wrong options are refused at once', () => {
  expect(() => requireAuth({} as never)).toThrow('policy')
  expect(() => requireAuth(keys, { reportonly: true } as never)).toThrow('did you mean `reportOnly`')
  expect(() => requireScope()).toThrow('scopes')
})

test('requireScope without requireAuth is an error, and the route is not reached', async () => {
  let reached = false
  const app = new Koa().use(requireScope('read')).use(() => {
    reached = true
  })
  app.silent = true
  expect([(await fetch(await origin(app))).status, reached]).toEqual([500, false])
})

test('a signed webhook is accepted before the body is read, and undecided after', async () => {
  const policy = signature({ header: 'x-signature', secrets: 'shared-secret', party: 'sender' })
  const body = '{"parcel":1}'
  const headers = { 'x-signature': createHmac('sha256', 'shared-secret').update(body).digest('hex') }
  const read = async (ctx: Koa.Context): Promise<string> => {
    let text = ''
    for await (const chunk of ctx.req) text += chunk
    return text
  }
  const before = new Koa().use(requireAuth(policy)).use(async (ctx) => {
    ctx.body = await read(ctx)
  })
  const answer = await fetch(await origin(before), { method: 'POST', headers, body })
  expect([answer.status, await answer.text()]).toEqual([200, body])
  const events: DecisionEvent[] = []
  const after = new Koa().use(async (ctx, next) => {
    await read(ctx)
    await next()
  })
  after.use(requireAuth(policy, { onDecision: (event) => events.push(event) }))
  expect((await fetch(await origin(after), { method: 'POST', headers, body })).status).toBe(503)
  expect(events[0]?.layers[0]?.detail).toContain('was parsed before')
})

test('the metadata of the resource is served to everybody', async () => {
  const metadata = resourceMetadata({
    resource: 'https://api.example/mcp',
    authorizationServers: ['https://id.example'],
  })
  const at = await origin(new Koa().use(serveResourceMetadata(metadata)).use(requireAuth(keys)))
  const answer = await fetch(at + new URL(metadata.url).pathname)
  expect([answer.headers.get('content-type'), await answer.json()]).toEqual(['application/json', metadata.document])
  expect((await fetch(at)).status).toBe(401)
})
