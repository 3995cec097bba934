import { apiKey, bearer, createStrategy } from '@auth/core'
import { type Bench, bench, KEY, type Received } from '@auth/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

describe('a form', () => {
  let authenticated: typeof fetch
  const b: Bench = bench(
    fetchClient((strategy) => {
      authenticated = withAuth(fetch, strategy)
      return authenticated
    }),
  )
  beforeEach(() => {
    b.client([bearer(b.tokens), apiKey('x-api-key', KEY)])
  })
  const form = (): FormData => {
    const made = new FormData()
    made.append('n"ame\n', 'ä\n')
    made.append('label', new File(['%PDF'], 'läbel".pdf'))
    return made
  }
  const refuseFirst = (): void => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => ({ status: b.api.received.length > 1 ? 200 : 401 }))
  }
  /** What arrived, with the same boundary for all. */
  const shape = ({ headers, body }: Received) => {
    const boundary = headers['content-type']?.split('boundary=')[1] ?? ''
    const text = body.toString('latin1')
    return {
      type: headers['content-type']?.replace(boundary, '<boundary>'),
      rightLength: Number(headers['content-length']) === body.length,
      body: boundary === '' ? text : text.replaceAll(boundary, '<boundary>'),
    }
  }

  test('arrives as fetch itself would send it', async () => {
    for (const send of [fetch, authenticated]) await send(b.api.origin, { method: 'POST', body: form() })
    const [platform, ours] = b.api.received.map(shape)
    expect(ours).toEqual(platform)
    expect(ours?.rightLength).toBe(true)
  })

  test("keeps the caller's own Content-Type, as fetch does", async () => {
    const own = { method: 'POST', headers: { 'content-type': 'multipart/form-data' } }
    for (const send of [fetch, authenticated]) await send(b.api.origin, { ...own, body: form() })
    expect(b.api.received.map(({ headers }) => headers['content-type'])).toEqual(Array(2).fill('multipart/form-data'))
  })

  test.each<[string, () => Parameters<typeof fetch>]>([
    ['beside a URL', () => [b.api.origin, { method: 'POST', body: form() }]],
    ['beside a Request', () => [new Request(b.api.origin, { method: 'POST', body: 'other' }), { body: form() }]],
    ['in a Request', () => [new Request(b.api.origin, { method: 'POST', body: form() })]],
  ])('is replayed in the same bytes %s', async (_, call) => {
    refuseFirst()
    expect((await authenticated(...call())).status).toBe(200)
    const [first, second] = b.api.received
    expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
    expect(second?.body.equals(first?.body as Buffer)).toBe(true)
    expect(second?.body.toString()).toContain('filename="läbel%22.pdf"')
  })

  test('is replayed as it was, whatever the caller makes of it in the meantime', async () => {
    const sent = form()
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => {
      sent.append('late', 'a')
      return { status: b.api.received.length > 1 ? 200 : 401 }
    })
    expect((await authenticated(b.api.origin, { method: 'POST', body: sent })).status).toBe(200)
    expect(b.api.received[1]?.body.toString()).not.toContain('late')
  })

  test('goes to another host as it was given', async () => {
    const bodies: unknown[] = []
    const watching: typeof fetch = (input, init) => {
      bodies.push(init?.body)
      return fetch(input, init)
    }
    const body = form()
    const strategy = createStrategy({ origins: [b.api.origin], layers: [apiKey('x-api-key', KEY)] })
    await withAuth(watching, strategy)(b.elsewhere.origin, { method: 'POST', body })
    expect(bodies[0]).toBe(body)
  })
})
