import { inspect } from 'node:util'
import { apiKey, basic, bearer, createStrategy, type Layer, queryKey } from '@auth/core'
import { testTokens, tlsServers } from '@auth/testing'
import got, { type Got } from 'got'
import { expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'

const servers = tlsServers()
const SECRETS = ['token-0001', 'key-0001', 'query-0001', Buffer.from('user:password-0001').toString('base64')]

const client = (cache: object, ...layers: Layer[]): Got =>
  withAuth(
    got.extend({ https: { certificateAuthority: servers.authority.certificate }, cache: cache as never }) as Got,
    createStrategy({ origins: [servers.api.origin], layers }),
  )

test.each<[string, () => Layer[]]>([
  ['a bearer token', () => [bearer(testTokens('token-0001'))]],
  ['Basic', () => [basic({ username: 'user', password: 'password-0001' })]],
  ['an API key', () => [apiKey('x-api-key', 'key-0001')]],
  ['a query key', () => [queryKey('key', 'query-0001')]],
])('keeps nothing of %s, neither in keys nor in values', async (_, layers) => {
  const cache = new Map()
  servers.api.onRequest(() => ({
    headers: { 'cache-control': 'public, max-age=100', vary: 'authorization, x-api-key, accept' },
    body: 'for all',
  }))
  await client(cache, ...layers()).get(servers.api.origin)
  expect(cache.size).toBe(1)
  const text = `${JSON.stringify([...cache])} ${inspect(cache, { depth: 10, maxStringLength: null })}`
  for (const secret of SECRETS) expect(text).not.toContain(secret)
})

test.each<[string, (account: string) => Layer]>([
  ['a bearer token', (account) => bearer(testTokens(`token-of-${account}`))],
  ['an API key', (account) => apiKey('x-api-key', `key-of-${account}`)],
  ['a query key', (account) => queryKey('key', `key-of-${account}`)],
])('serves no answer to an account with %s to another, and its own again', async (_, layer) => {
  const cache = new Map()
  servers.api.onRequest(() => ({
    headers: { 'cache-control': 'public, max-age=100' },
    body: `answer ${servers.api.received.length}`,
  }))
  const [one, two] = [client(cache, layer('one')), client(cache, layer('two'))]
  expect(await one(servers.api.origin).text()).toBe('answer 1')
  expect(await two(servers.api.origin).text()).toBe('answer 2')
  expect(await one(servers.api.origin).text()).toBe('answer 1')
  expect(await two(servers.api.origin).text()).toBe('answer 2')
  expect(servers.api.received).toHaveLength(2)
})

test('asks again, authenticated, for an answer that has to be confirmed', async () => {
  servers.api.onRequest(({ headers }) =>
    headers['if-none-match'] === '"1"'
      ? { status: 304, headers: { etag: '"1"' } }
      : { headers: { etag: '"1"', 'cache-control': 'public, no-cache' }, body: 'confirmed' },
  )
  const send = client(new Map(), apiKey('x-api-key', 'key-0001'))
  expect(await send(servers.api.origin).text()).toBe('confirmed')
  expect(await send(servers.api.origin).text()).toBe('confirmed')
  expect(servers.api.received.map(({ headers }) => headers['x-api-key'])).toEqual(['key-0001', 'key-0001'])
})
