// What both major releases of Express have to do alike.
import type { ErrorRequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allOf, apiKey, basic, getIdentity, hashApiKey, requireAuth, requireScope } from '../src/index.ts'
import { expresses } from './support/expresses.ts'
import { serve } from './support/server.ts'

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const keys = apiKey({ keys: [{ id: 'k', hash: hashApiKey('right'), party: 'acme', scope: ['read'] }] })
const users = basic({ verify: async (_name, password) => (password === 'right' ? { party: 'acme' } : undefined) })
const pair = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe.each(expresses)('%s', (_name, express) => {
  test('lets in, challenges and refuses, at once and after a wait', async () => {
    const app = express()
    app.use('/keys', requireAuth(keys))
    app.use('/both', requireAuth(allOf(keys, users)))
    app.get('/keys/write', requireScope('write'), (_request, response) => void response.json(true))
    app.use((request, response) => void response.json(getIdentity(request).party))
    const { send } = await serve(app)
    const key = { 'x-api-key': 'right' }
    expect((await send({ path: '/keys' })).status).toBe(401)
    expect((await send({ path: '/keys', headers: key })).json).toBe('acme')
    expect((await send({ path: '/keys/write', headers: key })).status).toBe(403)
    const refused = await send({ path: '/both', headers: { ...key, authorization: pair('a:wrong') } })
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic')])
    expect((await send({ path: '/both', headers: { ...key, authorization: pair('a:right') } })).json).toBe('acme')
  })

  test.each([
    [
      'throws',
      keys,
      () => {
        throw new Error('no page')
      },
    ],
    ['rejects', keys, () => Promise.reject(new Error('no page'))],
    [
      'throws after a wait',
      users,
      () => {
        throw new Error('no page')
      },
    ],
    ['rejects after a wait', users, () => Promise.reject(new Error('no page'))],
  ])('a respond that %s goes to the error handlers', async (_how, policy, respond) => {
    const failures: unknown[] = []
    const app = express()
    app.use(requireAuth(policy, { respond }))
    app.use(((error, _request, response, _next) => {
      failures.push(error)
      response.status(500).end()
    }) as ErrorRequestHandler)
    const { send } = await serve(app)
    expect((await send({ headers: { authorization: pair('a:wrong') } })).status).toBe(500)
    expect(failures).toMatchObject([{ message: 'no page' }])
  })

  test('observers that throw or reject change nothing', async () => {
    for (const onDecision of [
      () => {
        throw new Error('disk full')
      },
      async () => {
        throw new Error('disk full')
      },
    ]) {
      const { send } = await serve(express().use(requireAuth(keys, { onDecision })))
      expect((await send()).status).toBe(401)
    }
  })
})
