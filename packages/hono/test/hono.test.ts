import { createHmac } from 'node:crypto'
import {
  allOf,
  anyOf,
  apiKey,
  bearer,
  clientCertificate,
  type DecisionEvent,
  generateApiKey,
  resourceMetadata,
  signature,
} from '@auth/core/verify'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { describe, expect, test } from 'vitest'
import { getIdentity, requireAuth, requireScope, serveResourceMetadata } from '../src/index.ts'
import { serving } from './support/serve.ts'

const { key, id, hash } = generateApiKey()
const keys = apiKey({ keys: [{ id, hash, party: 'acme', scope: ['read'] }] })
const right = { 'x-api-key': key }

describe('on Node', () => {
  test('a header of two lines is refused, though Fetch joins them', async () => {
    const { send } = await serving(new Hono().use(requireAuth(keys)).get('/', (c) => c.text(getIdentity(c).party)))
    expect(await send({ headers: right })).toMatchObject({ status: 200, text: 'acme' })
    expect((await send({ headers: { 'x-api-key': [key, key] } })).status).toBe(400)
  })

  test('an app that calls itself is judged by the headers it gives, not by those of the outer request', async () => {
    const app: Hono = new Hono()
    app.use('/labels', requireAuth(keys)).get('/labels', (c) => c.text(getIdentity(c).party))
    app.get('/batch', requireAuth(keys), (c) => app.fetch(new Request(new URL('/labels', c.req.url)), c.env))
    const { send } = await serving(app)
    expect((await send({ path: '/labels', headers: right })).status).toBe(200)
    expect((await send({ path: '/batch', headers: right })).status).toBe(401)
  })

  test('the path of a mounted app is reported as sent', async () => {
    const events: DecisionEvent[] = []
    const inner = new Hono().use(requireAuth(keys, { onDecision: (event) => events.push(event) }))
    inner.get('/labels', (c) => c.text('inner'))
    const { send } = await serving(new Hono().mount('/v1', inner.fetch))
    expect((await send({ path: '/v1/labels?x=1', headers: right })).text).toBe('inner')
    expect(events).toMatchObject([{ path: '/v1/labels', peer: '127.0.0.1', party: 'acme' }])
  })

  test('an app below another keeps its guard', async () => {
    const labels = new Hono().use(requireAuth(keys)).get('/', (c) => c.text(getIdentity(c).party))
    const { send } = await serving(new Hono().get('/open', (c) => c.text('open')).route('/labels', labels))
    expect((await send({ path: '/open' })).status).toBe(200)
    expect((await send({ path: '/labels' })).status).toBe(401)
    expect((await send({ path: '/labels', headers: right })).text).toBe('acme')
  })

  test('CORS in front answers OPTIONS, and its headers stay on refusals', async () => {
    const { send } = await serving(new Hono().use(cors()).use(requireAuth(keys)))
    const refused = await send({ headers: { origin: 'https://app.example' } })
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, '*'])
    expect((await send({ method: 'OPTIONS', headers: { origin: 'https://app.example' } })).status).toBe(204)
  })

  test('a client certificate that is not there is missed, not unknown', async () => {
    const { send } = await serving(new Hono().use(requireAuth(clientCertificate())))
    expect((await send()).status).toBe(401)
  })

  describe('a signed webhook', () => {
    const policy = signature({ header: 'x-signature', secrets: 'shared-secret', party: 'sender' })
    const body = JSON.stringify({ parcel: 1, text: 'ä' })
    const signed = {
      'content-type': 'application/json',
      'x-signature': createHmac('sha256', 'shared-secret').update(body).digest('hex'),
    }

    test('is accepted, and the route reads the body as if for the first time', async () => {
      const app = new Hono().post('/', requireAuth(policy), async (c) => c.json(await c.req.json()))
      const { send } = await serving(app)
      expect(await send({ method: 'POST', headers: signed, body })).toMatchObject({ status: 200, text: body })
      expect((await send({ method: 'POST', headers: signed, body: `${body} ` })).status).toBe(401)
    })

    test('is undecided when the body was parsed before, and the event says why', async () => {
      const events: DecisionEvent[] = []
      const app = new Hono()
        .use(async (c, next) => {
          await c.req.json()
          await next()
        })
        .post('/', requireAuth(policy, { onDecision: (event) => events.push(event) }), (c) => c.text('reached'))
      const { send } = await serving(app)
      expect((await send({ method: 'POST', headers: signed, body })).status).toBe(503)
      expect(events[0]?.layers[0]?.detail).toContain('was parsed before')
    })
  })
})

describe('with a plain Request, as on Bun, Deno and Workers', () => {
  const ask = (
    app: { request: unknown },
    headers: [string, string][] = [],
    env: object = {},
  ): Response | Promise<Response> => (app as Hono).request('/', { headers }, env)

  test('accepts, challenges and refuses joined headers', async () => {
    const app = new Hono()
      .use(
        requireAuth(
          allOf(
            keys,
            bearer(() => undefined),
          ),
        ),
      )
      .get('/', (c) => c.text('in'))
    const refused = await ask(app)
    expect([refused.status, refused.headers.get('www-authenticate')?.split(', ').length]).toEqual([401, 3])
    const open = new Hono().use(requireAuth(keys)).get('/', (c) => c.text('in'))
    expect((await ask(open, [['x-api-key', key]])).status).toBe(200)
    const twice: [string, string][] = [
      ['x-api-key', key],
      ['x-api-key', key],
    ]
    expect((await ask(open, twice)).status).toBe(400)
  })

  test('a binding called incoming is not taken for a message of Node', async () => {
    const app = new Hono().use(requireAuth(keys)).get('/', (c) => c.text('in'))
    expect((await ask(app, [['x-api-key', key]], { incoming: { get: () => null } })).status).toBe(200)
  })

  test('a certificate is unknown, unless peerCertificate says', async () => {
    const unknown = new Hono().use(requireAuth(clientCertificate()))
    expect((await ask(unknown)).status).toBe(503)
    const none = new Hono().use(requireAuth(clientCertificate(), { peerCertificate: () => null }))
    expect((await ask(none)).status).toBe(401)
    const either = new Hono().use(requireAuth(anyOf(clientCertificate(), keys))).get('/', (c) => c.text('in'))
    expect((await ask(either, [['x-api-key', key]])).status).toBe(200)
  })

  test('remoteAddress is the address of events', async () => {
    const events: DecisionEvent[] = []
    const onDecision = (event: DecisionEvent): void => void events.push(event)
    await ask(new Hono().use(requireAuth(keys, { onDecision, remoteAddress: () => '192.0.2.7' })))
    expect(events[0]?.peer).toBe('192.0.2.7')
  })

  test.each(['remoteAddress', 'peerCertificate'])('%s that throws is 503, reported once', async (option) => {
    const events: DecisionEvent[] = []
    const fail = (): never => {
      throw new Error('secret-1')
    }
    const options = { onDecision: (event: DecisionEvent) => events.push(event), [option]: fail }
    const app = new Hono().use(requireAuth(keys, options)).get('/', (c) => c.text('in'))
    expect((await ask(app, [['x-api-key', key]])).status).toBe(503)
    expect(events).toMatchObject([{ status: 503, layers: [{ detail: expect.stringContaining('threw an error') }] }])
  })
})

test('unknown options and what is no policy are refused at once', () => {
  expect(() => requireAuth({} as never)).toThrow('policy')
  expect(() => requireAuth(keys, { reportonly: true } as never)).toThrow('did you mean `reportOnly`')
  expect(() => requireAuth(keys, { remoteAddress: '127.0.0.1' as never })).toThrow('remoteAddress')
  expect(() => requireScope()).toThrow('scopes')
})

test('requireScope without requireAuth goes to the error handler, and the route is not reached', async () => {
  let reached = false
  const app = new Hono()
    .onError((error, c) => c.text(error.message, 500))
    .get('/', requireScope('read'), (c) => {
      reached = true
      return c.text('in')
    })
  const response = await app.request('/')
  expect([response.status, await response.text(), reached]).toEqual([
    500,
    expect.stringContaining('no requireAuth stands in front'),
    false,
  ])
})

test('the metadata of the resource is served to everybody, and the challenge leads to it', async () => {
  const metadata = resourceMetadata({
    resource: 'https://api.example/mcp',
    authorizationServers: ['https://id.example'],
  })
  const app = new Hono().use(serveResourceMetadata(metadata)).use(requireAuth(keys, { resourceMetadata: metadata }))
  const { send } = await serving(app)
  const served = await send({ path: new URL(metadata.url).pathname })
  expect(served).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(served.text)).toEqual(metadata.document)
  expect((await send()).headers['www-authenticate']).toContain(`resource_metadata="${metadata.url}"`)
  expect((await send({ path: new URL(metadata.url).pathname, method: 'POST' })).status).toBe(401)
})
