// Clients that take a fetch, each with ours below it; and fetches that are not the runtime's.
import { PassThrough } from 'node:stream'

import { apiKey, bearer, ConfigurationError, createStrategy, type Strategy } from '@auth/core'
import { bench, KEY } from '@auth/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import nodeFetch3 from 'node-fetch'
import nodeFetch2 from 'node-fetch2'
import { createFetch, ofetch } from 'ofetch'
import { describe, expect, test } from 'vitest'
import wretch from 'wretch'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

let strategy: Strategy
const b = bench(
  fetchClient((made) => {
    strategy = made
    return withAuth(fetch, made)
  }),
)
const refuseFirst = (): void => {
  b.tokens.next = 'second-token-0002'
  b.client([bearer(b.tokens), apiKey('x-api-key', KEY)])
  b.api.onRequest(({ headers, body }) =>
    headers.authorization === 'Bearer second-token-0002'
      ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ got: `${body}` }) }
      : { status: 401, body: 'refused' },
  )
}
const expectReplayed = (body: string): void => {
  expect(b.api.received.map((request) => `${request.body}`)).toEqual([body, body])
  expect(b.api.received.map(({ headers }) => headers['x-api-key'])).toEqual([KEY, KEY])
}

describe.each([
  ['node-fetch 2', nodeFetch2 as unknown as typeof fetch],
  ['node-fetch 3', nodeFetch3 as unknown as typeof fetch],
])('%s', (_, given) => {
  test('replays a request, follows redirects and sends nothing elsewhere', async () => {
    refuseFirst()
    const send = withAuth(given, strategy)
    const response = await send(b.api.origin, { method: 'POST', body: '{"a":1}' })
    expect(await response.json()).toEqual({ got: '{"a":1}' })
    expectReplayed('{"a":1}')

    b.api.onRequest(({ path }) =>
      path === '/from' ? { status: 302, headers: { location: `${b.elsewhere.origin}/to` } } : {},
    )
    expect((await send(`${b.api.origin}/from`)).status).toBe(200)
    expect(b.elsewhere.received[0]?.headers).not.toHaveProperty('authorization')
    expect(b.elsewhere.received[0]?.headers).not.toHaveProperty('x-api-key')
  })

  test('is not held back by a refusal whose body never ends', async () => {
    b.tokens.next = 'second-token-0002'
    b.client()
    const endless = new PassThrough()
    endless.write('a first byte')
    b.api.onRequest(() => (b.api.received.length > 1 ? {} : { status: 401, body: endless }))
    expect((await withAuth(given, strategy)(b.api.origin)).status).toBe(200)
    endless.destroy()
  })

  test('sends a body as it was when the call was made', async () => {
    refuseFirst()
    const release = b.tokens.hold()
    const body = new URLSearchParams({ a: '1' })
    const pending = withAuth(given, strategy)(b.api.origin, { method: 'POST', body })
    body.set('a', '2')
    release()
    await pending
    expectReplayed('a=1')
    expect(b.api.received[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
  })
})

test('serves ofetch', async () => {
  refuseFirst()
  const $fetch = createFetch({ fetch: withAuth(fetch, strategy) })
  expect(await $fetch(b.api.origin, { method: 'POST', body: { a: 1 } })).toEqual({ got: '{"a":1}' })
  expectReplayed('{"a":1}')
})

test('serves wretch', async () => {
  refuseFirst()
  const api = wretch(b.api.origin).fetchPolyfill(withAuth(fetch, strategy))
  expect(await api.post({ a: 1 }).json()).toEqual({ got: '{"a":1}' })
  expectReplayed('{"a":1}')
})

test('serves the MCP client', async () => {
  b.tokens.next = 'second-token-0002'
  b.client([bearer(b.tokens), apiKey('x-api-key', KEY)])
  b.api.onRequest(({ method, headers, body }) => {
    if (headers.authorization !== 'Bearer second-token-0002') return { status: 401 }
    const message = method === 'POST' ? JSON.parse(`${body}`) : {}
    if (message.method !== 'initialize') return { status: method === 'GET' ? 405 : 202 }
    const result = { protocolVersion: message.params.protocolVersion, capabilities: {}, serverInfo: SERVER }
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: message.id, result }),
    }
  })
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${b.api.origin}/mcp`), { fetch: withAuth(fetch, strategy) }) as never,
  )
  expect(client.getServerVersion()).toMatchObject(SERVER)
  await client.close()
})

const SERVER = { name: 'carrier', version: '1.0.0' }

test('refuses clients that are no fetch, with the package for each', () => {
  const other = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('x-api-key', 'k')] })
  expect(() => withAuth(ofetch as never, other)).toThrow(ConfigurationError)
  expect(() => withAuth(ofetch as never, other)).toThrow(/createFetch/)
})
