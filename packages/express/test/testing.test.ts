import express from 'express'
import { describe, expect, test } from 'vitest'
import { apiKey, basic, bearer, getIdentity, hashApiKey, jwt, type Policy, requireAuth } from '../src/index.ts'
import { nearlyValidApiKeys, nearlyValidBasic, testIssuer } from '../src/testing.ts'
import { serve } from './support/server.ts'

async function call(policy: Policy, headers: Record<string, string>) {
  const { send } = await serve(
    express().use(requireAuth(policy), (request, response) => void response.json(getIdentity(request))),
  )
  return send({ headers })
}

describe('an issuer for tests', async () => {
  const issuer = await testIssuer()
  const policy = bearer(jwt(issuer))

  test('signs tokens that are accepted, with the claims that are asked for', async () => {
    const token = await issuer.token({ client_id: 'acme', scope: 'a b' })
    expect((await call(policy, { authorization: `Bearer ${token}` })).json).toMatchObject({
      party: 'acme',
      scope: ['a', 'b'],
    })
  })

  test.each(Object.entries(await issuer.nearlyValid({ client_id: 'acme' })))(
    'a token %s is refused',
    async (_name, token) => {
      expect((await call(policy, { authorization: `Bearer ${token}` })).status).toBe(401)
    },
  )
})

describe('API keys for tests', () => {
  const policy = apiKey({ keys: [{ id: 'a', hash: hashApiKey('test-key') }] })

  test.each(Object.entries(nearlyValidApiKeys('test-key')))('%s is refused', async (_name, key) => {
    expect((await call(policy, { 'x-api-key': key })).status).toBe(401)
  })
})

describe('Basic for tests', () => {
  const policy = basic({
    verify: (username, password) => (username === 'a' && password === 'b' ? { party: 'a' } : undefined),
  })

  test.each(Object.entries(nearlyValidBasic('a', 'b')))('%s is refused', async (_name, authorization) => {
    expect([400, 401]).toContain((await call(policy, { authorization })).status)
  })
})
