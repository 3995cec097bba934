import { apiKey, hashApiKey, type Identity } from '@auth/core/verify'
import { Hono } from 'hono'
import { hc } from 'hono/client'
import { expectTypeOf, test } from 'vitest'
import { getIdentity, requireAuth, requireScope } from '../src/index.ts'

// Checked by the compiler; nothing of this runs against a request.
const policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('a') }] })

test('the identity is a typed variable of the context, behind the guard', () => {
  new Hono().use(requireAuth(policy)).get('/labels/:id', requireScope('read'), (c) => {
    expectTypeOf(c.var.identity).toEqualTypeOf<Identity>()
    expectTypeOf(c.get('identity').party).toEqualTypeOf<string>()
    expectTypeOf(c.req.param('id')).toEqualTypeOf<string>()
    expectTypeOf(getIdentity(c)).toEqualTypeOf<Identity>()
    return c.text('')
  })
  new Hono().get('/', requireAuth(policy), (c) => {
    expectTypeOf(c.var.identity).toEqualTypeOf<Identity>()
    return c.text('')
  })
  // @ts-expect-error: nothing has set it
  new Hono().get('/', (c) => c.json(c.var.identity))
})

test('there may be no identity where the guard only reports', () => {
  new Hono().use(requireAuth(policy, { reportOnly: true })).get('/', (c) => {
    expectTypeOf(c.var.identity).toEqualTypeOf<Identity | undefined>()
    return c.text('')
  })
})

test('an environment of the app stays, and so does what the client knows of the routes', () => {
  const app = new Hono<{ Bindings: { KEY: string }; Variables: { tenant: string } }>()
    .use('/labels/*', requireAuth(policy))
    .get('/labels/:id', (c) => {
      expectTypeOf(c.env.KEY).toEqualTypeOf<string>()
      expectTypeOf(c.var.tenant).toEqualTypeOf<string>()
      return c.json({ party: getIdentity(c).party })
    })
  const client = hc<typeof app>('http://localhost')
  expectTypeOf(client.labels[':id'].$get).parameter(0).toExtend<{ param: { id: string } }>()
})
