import express from 'express'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  apiKey,
  basic,
  bearer,
  type DecisionEvent,
  findIdentity,
  getIdentity,
  hashApiKey,
  type RequireAuthOptions,
  requireAuth,
  VerificationError,
} from '../src/index.ts'
import { serve } from './support/server.ts'

const keys = apiKey({ keys: [{ id: 'key-7', hash: hashApiKey('right'), party: 'acme', scope: ['a'] }] })
const passwords = basic({
  verify: async (username, password) => {
    if (username === 'broken') throw Object.assign(new Error('secret-1'), { code: 'EDB' })
    return password === 'right' ? { party: username, scope: ['b'] } : undefined
  },
})
const pair = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

async function audited(options: RequireAuthOptions = {}) {
  const events: DecisionEvent[] = []
  const app = express()
  const record = (event: DecisionEvent): void => void events.push(event)
  app.use('/api', requireAuth(allOf(keys, passwords), { onDecision: record, ...options }))
  app.get('/api/labels', (request, response) => void response.json(findIdentity(request) ?? null))
  return { events, ...(await serve(app)) }
}
const path = '/api/labels?token=secret-2'

describe('one event for each decision', () => {
  test('says who was let through, by which credentials', async () => {
    const { send, events } = await audited()
    await send({ path, headers: { 'x-api-key': 'right', authorization: pair('acme:right') } })
    expect(events).toEqual([
      {
        at: expect.any(Number),
        outcome: 'authenticated',
        party: 'acme',
        layers: [
          { layer: 'apiKey', outcome: 'authenticated', via: 'x-api-key', party: 'acme', credential: 'key-7' },
          { layer: 'basic', outcome: 'authenticated', via: 'authorization', party: 'acme', credential: 'acme' },
        ],
        method: 'GET',
        path: '/api/labels',
        peer: '127.0.0.1',
        reportOnly: false,
      },
    ])
  })

  test('says which layer refused, and why', async () => {
    const { send, events } = await audited()
    await send({ path, headers: { 'x-api-key': 'wrong' } })
    expect(events).toMatchObject([
      {
        outcome: 'invalid',
        status: 401,
        layers: [
          { layer: 'apiKey', outcome: 'invalid', reason: 'unknown' },
          { layer: 'basic', outcome: 'missing', reason: 'missing' },
        ],
      },
    ])
  })

  test('never holds a secret', async () => {
    const { send, events } = await audited()
    const secrets = ['secret-1', 'secret-2', 'secret-3', 'secret-4', 'right']
    await send({ path, headers: { 'x-api-key': 'secret-3', authorization: pair('acme:secret-4') } })
    await send({ path, headers: { 'x-api-key': 'right', authorization: pair('broken:right') } })
    await send({ path, headers: { 'x-api-key': 'right', authorization: pair('acme:right') } })
    expect(events.map(({ outcome }) => outcome)).toEqual(['invalid', 'undecided', 'authenticated'])
    expect(events[1]?.layers[1]?.detail).toBe('Error EDB')
    for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret)
  })

  test('a listener that throws changes nothing', async () => {
    const { send } = await audited({
      onDecision: () => {
        throw new Error('disk full')
      },
    })
    expect((await send({ path })).status).toBe(401)
  })
})

describe('report only', () => {
  test('lets everything through, and says what it would have been', async () => {
    const { send, events } = await audited({ reportOnly: true })
    const { status, json } = await send({ path })
    expect([status, json]).toEqual([200, null])
    expect(events).toMatchObject([{ outcome: 'missing', status: 401, reportOnly: true }])
  })

  test('leaves the identity of the policy that counts alone', async () => {
    const events: DecisionEvent[] = []
    const app = express()
    app.use(requireAuth(keys))
    app.use(requireAuth(passwords, { reportOnly: true, onDecision: (event) => events.push(event) }))
    app.get('/', (request, response) => void response.json(getIdentity(request)))
    const { send } = await serve(app)
    const { json } = await send({ headers: { 'x-api-key': 'right', authorization: pair('globex:right') } })
    expect(json).toMatchObject({ party: 'acme', layers: { apiKey: {} } })
    expect(json.layers.basic).toBeUndefined()
    expect(events).toMatchObject([{ outcome: 'party_mismatch', status: 403 }])
  })
})

describe('one requireAuth behind another', () => {
  const app = express()
  app.use(requireAuth(keys))
  app.get('/', requireAuth(passwords), (request, response) => void response.json(getIdentity(request)))

  test('adds its layers', async () => {
    const { send } = await serve(app)
    const { json } = await send({ headers: { 'x-api-key': 'right', authorization: pair('acme:right') } })
    expect(json).toMatchObject({ party: 'acme', scope: ['a', 'b'], layers: { apiKey: {}, basic: {} } })
  })

  test('refuses another party', async () => {
    const { send } = await serve(app)
    expect((await send({ headers: { 'x-api-key': 'right', authorization: pair('globex:right') } })).status).toBe(403)
  })
})

test('the reason why nothing can be decided is there for the operator', async () => {
  const events: DecisionEvent[] = []
  const verifier = () => {
    throw new VerificationError('temporarily_unavailable', 'unavailable', 'the keys cannot be had: status 500')
  }
  const app = express().use(requireAuth(bearer(verifier), { onDecision: (event) => events.push(event) }))
  const { send } = await serve(app)
  await send({ headers: { authorization: 'Bearer x' } })
  expect(events[0]?.layers[0]?.detail).toBe('the keys cannot be had: status 500')
})

test.each([
  ['onDecision', { onDecision: 'x' as never }],
  ['reportOnly', { reportOnly: 'yes' as never }],
  ['respond', { respond: 'x' as never }],
])('a wrong %s fails at once', (option, options) => {
  expect(() => requireAuth(keys, options)).toThrow(expect.objectContaining({ option }))
})
