import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { apiKey, ConfigurationError, clientCertificate, createStrategy, queryKey, type Strategy } from '@auth/core'
import { type Bench, bench, expectClean, QUERY_KEY } from '@auth/testing'
import { Agent } from 'undici'
import { describe, expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

describe('withAuth(fetch)', () => {
  let authenticated: typeof fetch
  const b: Bench = bench(
    fetchClient((strategy) => {
      authenticated = withAuth(fetch, strategy)
      return authenticated
    }),
  )

  test('presents the response as fetch does, without the key in its URL, copies included', async () => {
    b.client([queryKey('api-key', QUERY_KEY)])
    const response = await authenticated(`${b.api.origin}/a?b=c`)
    for (const shown of [response, response.clone(), response.clone().clone()]) {
      expect([shown.url, shown.redirected, shown.ok]).toEqual([`${b.api.origin}/a?b=c`, false, true])
      expectClean(inspect(shown), [QUERY_KEY, encodeURIComponent(QUERY_KEY)])
      expect(await shown.text()).toBe('ok')
    }
  })

  test('says where redirects led to', async () => {
    b.client()
    b.api.onRequest(({ path }) => (path.startsWith('/to') ? {} : { status: 302, headers: { location: '/to?x=1' } }))
    const response = await authenticated(`${b.api.origin}/from`)
    expect([response.url, response.redirected]).toEqual([`${b.api.origin}/to?x=1`, true])
    b.api.onRequest(() => ({ status: 302, headers: { location: `${b.elsewhere.origin}/to` } }))
    const left = await authenticated(`${b.api.origin}/from`)
    expect([left.url, left.redirected]).toEqual([`${b.elsewhere.origin}/to`, true])
  })

  test('is not held up by a 401 that never ends', async () => {
    b.client()
    b.tokens.next = 'second-token-0002'
    const endless = Readable.from(
      (async function* () {
        for (;;) yield Buffer.alloc(16_384)
      })(),
    )
    b.api.onRequest(() => (b.api.received.length > 1 ? {} : { status: 401, body: endless }))
    expect((await authenticated(b.api.origin)).status).toBe(200)
    endless.destroy()
  })

  test("obeys redirect: 'error'", async () => {
    b.client()
    b.api.onRequest(() => ({ status: 302, headers: { location: '/to' } }))
    await expect(authenticated(`${b.api.origin}/from`, { redirect: 'error' })).rejects.toThrow(TypeError)
    expect(b.api.received).toHaveLength(1)
  })

  test('sends again what it was given, though the caller has changed his options meanwhile', async () => {
    b.client()
    b.tokens.next = 'second-token-0002'
    const options = { method: 'POST', body: 'first' }
    b.api.onRequest(() => {
      options.body = 'second'
      return { status: b.api.received.length > 1 ? 200 : 401 }
    })
    await authenticated(b.api.origin, options)
    expect(b.api.received.map(({ body }) => `${body}`)).toEqual(['first', 'first'])
  })

  test("leaves the caller's own dispatcher in place, and his certificate with it", async () => {
    const [ours, mine] = await Promise.all(
      ['ours', 'mine'].map((commonName) => b.authority.issueClient({ commonName })),
    )
    b.client([clientCertificate(ours!)])
    const dispatcher = new Agent({ connect: { ...mine, ca: b.authority.certificate } })
    await authenticated(b.api.origin, { dispatcher } as object)
    await authenticated(b.api.origin, { dispatcher: undefined } as object)
    expect(b.api.received.map(({ certificate }) => certificate)).toEqual(['mine', 'ours'])
    await dispatcher.close()
  })

  test('fails as fetch itself does for what is no request', async () => {
    b.client()
    await expect(authenticated('not a url')).rejects.toThrow(TypeError)
    await expect(authenticated('ftp://a.example/')).rejects.toThrow(TypeError)
  })

  test('keeps what hangs on the fetch', () => {
    b.client()
    const preconnect = (): void => {}
    const given = Object.assign((...args: Parameters<typeof fetch>) => fetch(...args), { preconnect })
    const strategy = createStrategy({ origins: [b.api.origin], layers: [apiKey('x-api-key', 'k')] })
    expect(withAuth(given, strategy).preconnect).toBe(preconnect)
    expect(Object.keys(given)).toEqual(['preconnect'])
  })

  test('can be wrapped again: each strategy serves its own origin', async () => {
    const [one, two] = [b.api.origin, b.elsewhere.origin].map((origin) =>
      createStrategy({ origins: [origin], layers: [apiKey('x-api-key', `key-of-${new URL(origin).port}`)] }),
    ) as [Strategy, Strategy]
    const both = withAuth(withAuth(fetch, one), two)
    await both(b.api.origin)
    await both(b.elsewhere.origin)
    for (const { origin, received } of [b.api, b.elsewhere]) {
      expect(received.map(({ headers }) => headers['x-api-key'])).toEqual([`key-of-${new URL(origin).port}`])
    }
  })

  test('attaches nothing of one strategy where the origin of another redirects to', async () => {
    const [one, two] = [b.elsewhere.origin, b.api.origin].map((origin) =>
      createStrategy({ origins: [origin], layers: [apiKey('x-api-key', `key-of-${new URL(origin).port}`)] }),
    ) as [Strategy, Strategy]
    b.api.onRequest(() => ({ status: 302, headers: { location: `${b.elsewhere.origin}/to` } }))
    for (const both of [withAuth(withAuth(fetch, one), two), withAuth(withAuth(fetch, two), one)]) {
      expect((await both(`${b.api.origin}/from`)).status).toBe(200)
      expect(b.elsewhere.received.splice(0).map(({ headers }) => headers['x-api-key'])).toEqual([undefined])
    }
  })

  test.each([undefined, null, {}, 'fetch'])('refuses %s as fetch', (value) => {
    expect(() => withAuth(value as never, {} as never)).toThrow(ConfigurationError)
  })

  test.each([undefined, null, {}, () => {}])('refuses %s as strategy', (value) => {
    expect(() => withAuth(fetch, value as never)).toThrow(expect.objectContaining({ option: 'strategy' }))
  })
})
