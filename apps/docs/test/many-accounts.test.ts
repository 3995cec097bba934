import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bearer, clientCredentials, clientSecretBasic, createStrategy, oauth2 } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { LRUCache } from 'lru-cache'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'

const TENANTS = 10_000

// A carrier that issues each client a token that names it, and counts what it is asked.
const tokenRequests = new Map<string, number>()
const server = createServer((request, response) => {
  request.resume()
  response.setHeader('content-type', 'application/json')
  const authorization = request.headers.authorization ?? ''
  if (request.url === '/token') {
    const [client = ''] = Buffer.from(authorization.slice('Basic '.length), 'base64').toString().split(':')
    tokenRequests.set(client, (tokenRequests.get(client) ?? 0) + 1)
    response.end(JSON.stringify({ access_token: `token-of-${client}`, token_type: 'Bearer', expires_in: 3600 }))
  } else {
    response.end(JSON.stringify({ authorization }))
  }
})
const agent = new Agent({ connections: 16 })
let origin = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  await agent.close()
  server.close()
})

test('10 000 tenants in a pool each get their own token, with one token request each', async () => {
  const through = ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher: agent })) as typeof fetch
  const pool = new LRUCache<string, typeof fetch>({ max: TENANTS })
  const carrierFetch = (tenant: string): typeof fetch => {
    const pooled = pool.get(tenant)
    if (pooled !== undefined) return pooled
    const strategy = createStrategy({
      id: `carrier/${tenant}`,
      origins: [origin],
      allowInsecureLoopback: true,
      layers: [
        bearer(
          oauth2({
            tokenEndpoint: `${origin}/token`,
            clientAuth: clientSecretBasic(tenant, `secret-of-${tenant}`),
            grant: clientCredentials(),
            allowInsecureLoopback: true,
            fetch: through,
          }),
        ),
      ],
    })
    const made = withAuth(through, strategy)
    pool.set(tenant, made)
    return made
  }
  const tenants = Array.from({ length: TENANTS }, (_, at) => `tenant-${at}`)
  const ask = async (tenant: string): Promise<boolean> => {
    const response = await carrierFetch(tenant)(`${origin}/labels`)
    const { authorization } = (await response.json()) as { authorization: string }
    return authorization === `Bearer token-of-${tenant}`
  }

  for (let at = 0; at < TENANTS; at += 200) {
    const some = tenants.slice(at, at + 200)
    // Some call twice at once: both calls share the token request.
    expect((await Promise.all([...some, ...some.slice(0, 20)].map(ask))).every(Boolean)).toBe(true)
  }
  expect(tokenRequests.size).toBe(TENANTS)
  expect([...tokenRequests.values()].every((count) => count === 1)).toBe(true)
})
