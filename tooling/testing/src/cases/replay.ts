import { PassThrough } from 'node:stream'
import { apiKey, basic, bearer, queryKey } from '@auth/core'
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { Handler } from '../server.ts'

/** Answers 401 to every token but this one. */
export const accepts = (token: string): Handler => {
  return ({ headers }) =>
    headers.authorization === `Bearer ${token}`
      ? { body: 'welcome' }
      : { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: 'refused' }
}

/** What happens after a 401. */
export function replay(b: Bench): void {
  const { it } = b

  it('sends a refused request once more, with a fresh token', async () => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(accepts(b.tokens.next))
    const answer = await b.client().send({ url: `${b.api.origin}/parcels`, headers: { 'x-mine': 'mine' } })
    expect(answer).toEqual({ status: 200, body: 'welcome' })
    expect(b.api.received).toHaveLength(2)
    expect(b.api.received[1]?.path).toBe(b.api.received[0]?.path)
    expect(b.api.received[1]?.headers['x-mine']).toBe('mine')
    expect(b.tokens.refused).toEqual(['first-token-0001'])
  })

  it(
    'does so when the client throws for a status',
    async () => {
      b.tokens.next = 'second-token-0002'
      b.api.onRequest(accepts(b.tokens.next))
      expect(await b.client().sendOrThrow({ url: b.api.origin })).toEqual({ status: 200, body: 'welcome' })
      expect(b.api.received).toHaveLength(2)
    },
    'status-errors',
  )

  for (const status of [401, 302]) {
    it(
      `is not held back by a ${status} whose body never ends`,
      async () => {
        b.tokens.next = 'second-token-0002'
        const endless = new PassThrough()
        endless.write('a first byte')
        b.api.onRequest(() =>
          b.api.received.length > 1 ? { body: 'welcome' } : { status, headers: { location: '/to' }, body: endless },
        )
        const answer = await b.client().send({ url: b.api.origin, signal: AbortSignal.timeout(4_000) })
        expect(answer).toEqual({ status: 200, body: 'welcome' })
        endless.destroy()
      },
      'endless-refusal',
    )
  }

  it('sends it once more only, and hands over the second 401', async () => {
    let n = 0
    b.api.onRequest(() => {
      n += 1
      b.tokens.next = `token-number-000${n}`
      return { status: 401, body: `refusal ${n}` }
    })
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 401, body: 'refusal 2' })
    expect(b.api.received).toHaveLength(2)
  })

  it('hands over the 401, body and all, when there is no other token', async () => {
    b.api.onRequest(accepts('none'))
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 401, body: 'refused' })
    expect(b.api.received).toHaveLength(1)
  })

  it('hands over the 401, body and all, when no other token can be had', async () => {
    b.api.onRequest((request) => {
      b.tokens.failure = new Error('the token endpoint is down')
      return accepts('none')(request)
    })
    b.tokens.next = 'second-token-0002'
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 401, body: 'refused' })
    expect(b.api.received).toHaveLength(1)
  })

  it('hands over a 403', async () => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => ({ status: 403, body: 'forbidden' }))
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 403, body: 'forbidden' })
    expect(b.api.received).toHaveLength(1)
    expect(b.tokens.refused).toEqual([])
  })

  it('recovers a key that was rotated meanwhile, in a header, in Basic and in the query', async () => {
    let key = 'old-key-0001'
    const rotating = () => key
    for (const layer of [
      apiKey('x-api-key', rotating),
      basic({ username: 'user', password: rotating }),
      queryKey('key', rotating),
    ]) {
      b.api.clear()
      key = 'old-key-0001'
      b.api.onRequest(() => {
        if (b.api.received.length > 1) return { body: 'ok' }
        key = 'new-key-0002'
        return { status: 401 }
      })
      expect((await b.client([layer]).send({ url: b.api.origin })).status).toBe(200)
      expect(b.api.received).toHaveLength(2)
    }
  })

  it('gives each of many refused requests its own replay', async () => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(accepts(b.tokens.next))
    const client = b.client()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.send({ url: `${b.api.origin}/${i}`, method: 'POST', body: `${i}` })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(new Set(b.tokens.refused)).toEqual(new Set(['first-token-0001']))
    const bodies = b.api.received
      .filter(({ headers }) => headers.authorization?.endsWith('0002'))
      .map(({ path, body }) => path.slice(1).split('?')[0] === body.toString())
    expect(bodies).toEqual(Array(20).fill(true))
  })

  it('gives every call its own replay', async () => {
    const client = b.client()
    for (const n of [1, 2, 3]) {
      b.tokens.next = `token-number-000${n}`
      b.api.onRequest(accepts(b.tokens.next))
      expect((await client.send({ url: b.api.origin })).status).toBe(200)
    }
    expect(b.api.received).toHaveLength(6)
  })

  it('keeps its connections through 401s that are not large', async () => {
    const client = b.client([bearer(b.tokens)])
    for (let i = 0; i < 10; i++) {
      const token = `token-number-000${i}`
      b.tokens.next = token
      b.api.onRequest(({ headers }) =>
        headers.authorization === `Bearer ${token}` ? {} : { status: 401, body: Buffer.alloc(150_000, 'x') },
      )
      expect((await client.send({ url: b.api.origin })).status).toBe(200)
    }
    // undici opens a second connection when asked again in the very tick in which the first one falls idle.
    expect(new Set(b.api.received.map(({ connection }) => connection)).size).toBeLessThanOrEqual(3)
  })

  it('is not held up by a large 401', async () => {
    b.tokens.next = 'second-token-0002'
    const welcome = accepts(b.tokens.next)
    b.api.onRequest(async (request) => {
      const reply = await welcome(request)
      return reply.status === 401 ? { ...reply, body: Buffer.alloc(5_000_000, 'x') } : reply
    })
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 200, body: 'welcome' })
  })

  it(
    'streams a download that had to be sent for twice',
    async () => {
      b.tokens.next = 'second-token-0002'
      const welcome = accepts(b.tokens.next)
      const label = Buffer.alloc(1_000_000, 'label')
      b.api.onRequest(async (request) => {
        const reply = await welcome(request)
        return reply.status === 401 ? reply : { body: label }
      })
      const chunks: Uint8Array[] = []
      for await (const chunk of await b.client().download({ url: b.api.origin })) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(label)).toBe(true)
    },
    'download-replay',
  )

  it('streams a download', async () => {
    const label = Buffer.alloc(1_000_000, 'label')
    b.api.onRequest(() => ({ body: label }))
    const chunks: Uint8Array[] = []
    for await (const chunk of await b.client().download({ url: b.api.origin })) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(label)).toBe(true)
    expect(b.api.received[0]?.headers.authorization).toBe(`Bearer ${b.tokens.current}`)
  })

  for (const order of [
    [503, 401, 200],
    [401, 503, 200],
    [503, 401, 503, 200],
  ]) {
    it(
      `gets through ${order.join(', ')} with the client's own retries`,
      async () => {
        b.tokens.next = 'second-token-0002'
        b.api.onRequest(() => ({ status: order[b.api.received.length - 1] ?? 500, headers: { 'retry-after': '0' } }))
        const answer = await b.client(undefined, { retries: 2 }).sendOrThrow({ url: b.api.origin })
        expect(answer.status).toBe(200)
        expect(b.api.received).toHaveLength(order.length)
      },
      'retries',
    )
  }

  it(
    "hands over a 401 for good, whatever the client's own retries",
    async () => {
      b.tokens.next = 'second-token-0002'
      b.api.onRequest(() => ({ status: 401, body: 'refused' }))
      const answer = await b.client(undefined, { retries: 2 }).send({ url: b.api.origin })
      expect(answer).toEqual({ status: 401, body: 'refused' })
      expect(b.api.received).toHaveLength(2)
    },
    'retries',
  )

  it(
    'authenticates a retry afresh',
    async () => {
      b.api.onRequest(() => {
        if (b.api.received.length > 1) return { body: 'ok' }
        b.tokens.current = 'second-token-0002'
        return { status: 503, headers: { 'retry-after': '0' } }
      })
      await b.client(undefined, { retries: 1 }).sendOrThrow({ url: b.api.origin })
      expect(b.api.received.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer first-token-0001',
        'Bearer second-token-0002',
      ])
    },
    'retries',
  )
}
