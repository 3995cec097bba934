import { apiKey, bearer, queryKey } from '@auth/core'
import { type Bench, bench, KEY, QUERY_KEY } from '@auth/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

describe('a Request as input', () => {
  let authenticated: typeof fetch
  const b: Bench = bench(
    fetchClient((strategy) => {
      authenticated = withAuth(fetch, strategy)
      return authenticated
    }),
  )
  const refuseFirst = (): void => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => ({ status: b.api.received.length > 1 ? 200 : 401 }))
  }
  const post = (body: NonNullable<RequestInit['body']>, more: RequestInit = {}): Request =>
    new Request(`${b.api.origin}/parcels`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-mine': 'mine' },
      ...more,
    })

  describe.each([
    ['headers', () => [bearer(b.tokens), apiKey('x-api-key', KEY)]],
    ['headers and query', () => [bearer(b.tokens), queryKey('api-key', QUERY_KEY)]],
  ])('with credentials in %s', (_, layers) => {
    beforeEach(() => {
      b.client(layers())
    })

    test('keeps method, headers and body, with its length', async () => {
      expect((await authenticated(post('{"a":1}'))).status).toBe(200)
      expect(b.api.received).toMatchObject([
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-mine': 'mine', 'content-length': '7' },
          body: Buffer.from('{"a":1}'),
        },
      ])
      expect(b.api.received[0]?.headers.authorization).toBe(`Bearer ${b.tokens.current}`)
    })

    test('is replayed with the same body', async () => {
      refuseFirst()
      expect((await authenticated(post('{"a":1}'))).status).toBe(200)
      expect(b.api.received.map(({ body, headers }) => [`${body}`, headers['content-length']])).toEqual([
        ['{"a":1}', '7'],
        ['{"a":1}', '7'],
      ])
    })

    test('is replayed with the same body when that is a stream', async () => {
      refuseFirst()
      const big = Buffer.alloc(300_000, 'x')
      const response = await authenticated(post(new Blob([big]).stream(), { duplex: 'half' }))
      expect(response.status).toBe(200)
      expect(b.api.received.map(({ body }) => body.equals(big))).toEqual([true, true])
    })

    test('is sent on by a 307 within the origin', async () => {
      b.api.onRequest(({ path }) => (path.startsWith('/to') ? {} : { status: 307, headers: { location: '/to' } }))
      expect((await authenticated(post('{"a":1}'))).status).toBe(200)
      expect(b.api.received[1]).toMatchObject({
        method: 'POST',
        body: Buffer.from('{"a":1}'),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${b.tokens.current}` },
      })
    })

    test('becomes a GET by a 303, without what described the body', async () => {
      b.api.onRequest(({ path }) => (path.startsWith('/to') ? {} : { status: 303, headers: { location: '/to' } }))
      expect((await authenticated(post('{"a":1}'))).status).toBe(200)
      expect(b.api.received[1]).toMatchObject({ method: 'GET', headers: { 'x-mine': 'mine' } })
      expect(b.api.received[1]?.headers).not.toHaveProperty('content-type')
    })

    test('gives way to what the second argument says', async () => {
      const request = post('{"a":1}')
      await authenticated(request, { method: 'PUT', body: 'other', headers: { 'x-other': 'other' } })
      expect(b.api.received[0]).toMatchObject({ method: 'PUT', body: Buffer.from('other') })
      expect(b.api.received[0]?.headers).not.toHaveProperty('x-mine')
      expect(b.api.received[0]?.headers['x-other']).toBe('other')
    })

    test('is understood in the place of options', async () => {
      refuseFirst()
      expect((await authenticated(`${b.api.origin}/elsewhere`, post('{"a":1}'))).status).toBe(200)
      expect(b.api.received.map(({ method, path, body }) => [method, path.split('?')[0], `${body}`])).toEqual([
        ['POST', '/elsewhere', '{"a":1}'],
        ['POST', '/elsewhere', '{"a":1}'],
      ])
      expect(b.api.received[0]?.headers['x-mine']).toBe('mine')
    })

    test('is not replayed with a stream that the second argument put in its place', async () => {
      refuseFirst()
      const body = new Blob(['{"b":2}']).stream()
      expect((await authenticated(post('{"a":1}'), { body, duplex: 'half' })).status).toBe(401)
      expect(b.api.received.map((request) => `${request.body}`)).toEqual(['{"b":2}'])
    })

    test('belongs to the call from the start, though the token has to be waited for', async () => {
      const release = b.tokens.hold()
      const request = post('{"a":1}')
      const init = { headers: { 'x-mine': 'first' } }
      const pending = authenticated(request, init)
      init.headers['x-mine'] = 'other'
      expect(request.bodyUsed).toBe(true)
      await expect(authenticated(request)).rejects.toThrow(TypeError)
      release()
      expect((await pending).status).toBe(200)
      expect(b.api.received.map(({ body, headers }) => [`${body}`, headers['x-mine']])).toEqual([['{"a":1}', 'first']])
    })

    test('can be aborted by its own signal', async () => {
      const controller = new AbortController()
      b.tokens.hold()
      const pending = authenticated(post('{"a":1}', { signal: controller.signal }))
      controller.abort(new Error('enough'))
      await expect(pending).rejects.toThrow('enough')
      expect(b.api.received).toEqual([])
    })

    test('fails as with fetch itself when its body was read before', async () => {
      const request = post('{"a":1}')
      await request.text()
      await expect(authenticated(request)).rejects.toThrow(TypeError)
      expect(b.api.received).toEqual([])
    })
  })
})
