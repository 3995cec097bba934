import { createHmac } from 'node:crypto'
import express from 'express'
import { expect, test } from 'vitest'
import { type DecisionEvent, requireAuth, signature } from '../src/index.ts'
import { serve } from './support/server.ts'

const body = JSON.stringify({ parcel: 7, text: 'x'.repeat(80_000) })
const headers = {
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(body)),
  'x-signature': createHmac('sha256', 'secret').update(body).digest('hex'),
}
const hooks = signature({ header: 'x-signature', secrets: 'secret', party: 'carrier' })

test('a signed webhook is checked, and then parsed by the route as if nobody had read it', async () => {
  const app = express()
  app.post('/', requireAuth(hooks), express.json(), (request, response) => void response.json(request.body.parcel))
  const { send } = await serve(app)
  expect(await send({ method: 'POST', headers, body })).toMatchObject({ status: 200, text: '7' })
  expect((await send({ method: 'POST', headers, body: `${body.slice(0, -2)} }` })).status).toBe(401)
})

test('behind a body parser it is 503 with a detail, unless the parser keeps the bytes', async () => {
  const events: DecisionEvent[] = []
  const guarded = requireAuth(hooks, { onDecision: (event) => events.push(event) })
  const app = express()
  app.post('/parsed', express.json(), guarded, (_request, response) => void response.end())
  app.post('/raw', express.raw({ type: '*/*' }), guarded, (_request, response) => void response.end())
  const { send } = await serve(app)
  expect((await send({ method: 'POST', path: '/parsed', headers, body })).status).toBe(503)
  expect(events[0]?.layers[0]?.detail).toContain('body parsers')
  expect((await send({ method: 'POST', path: '/raw', headers, body })).status).toBe(200)
})
