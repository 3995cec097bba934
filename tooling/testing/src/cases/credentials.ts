import {
  apiKey,
  basic,
  bearer,
  clientCertificate,
  createStrategy,
  type Layer,
  queryKey,
  type Strategy,
} from '@auth/core'
import { expect } from 'vitest'
import { type Bench, KEY, QUERY_KEY } from '../bench.ts'
import type { Received } from '../server.ts'
import { type TestTokens, testTokens } from '../tokens.ts'

/** What is attached, and what is left to the caller. */
export function credentials(b: Bench): void {
  const { it } = b

  it('attaches every layer, and asks for a token once per request', async () => {
    const answer = await b.client().send({ url: `${b.api.origin}/parcels?page=1` })
    expect(answer).toEqual({ status: 200, body: 'ok' })
    const [request] = b.api.received as [Received]
    expect(request.headers.authorization).toBe(`Bearer ${b.tokens.current}`)
    expect(request.headers['x-api-key']).toBe(KEY)
    expect(queryOf(request)).toEqual([
      ['page', '1'],
      ['api-key', QUERY_KEY],
    ])
    expect(b.api.received).toHaveLength(1)
    expect(b.tokens.asked).toBe(1)
  })

  it('attaches Basic', async () => {
    await b.client([basic({ username: 'käyttäjä', password: 'sala:sana' })]).send({ url: b.api.origin })
    const expected = Buffer.from('käyttäjä:sala:sana').toString('base64')
    expect(b.api.received[0]?.headers.authorization).toBe(`Basic ${expected}`)
  })

  it("sends the caller's query as he wrote it", async () => {
    const client = b.client([queryKey('api-key', QUERY_KEY)])
    await client.send({ url: `${b.api.origin}/a%2Fb?q=a+b%20c&empty=&flag` })
    expect(b.api.received[0]?.path).toMatch(/^\/a%2Fb\?q=a\+b%20c&empty=&flag=?&api-key=/)
  })

  it("keeps the caller's own headers", async () => {
    await b.client().send({ url: b.api.origin, headers: { Accept: 'application/json', 'X-Mine': 'mine' } })
    expect(b.api.received[0]?.headers).toMatchObject({ accept: 'application/json', 'x-mine': 'mine' })
  })

  it("leaves the caller's own Authorization, asks for no token, and still attaches the other layers", async () => {
    await b.client().send({ url: b.api.origin, headers: { AUTHORIZATION: 'Bearer mine' } })
    expect(b.api.received[0]?.headers).toMatchObject({ authorization: 'Bearer mine', 'x-api-key': KEY })
    expect(b.tokens.asked).toBe(0)
  })

  it("shows the caller's headers to a layer, names in lower case", async () => {
    const signature: Layer = {
      scheme: 'signature',
      authorize: ({ headers }) => ({
        headers: { 'x-signed': Object.keys(headers).join(), 'x-id': headers['x-id'] ?? '' },
      }),
    }
    await b.client([signature]).send({ url: b.api.origin, headers: { 'X-ID': '17', 'X-Parcel': 'b' } })
    const [request] = b.api.received
    expect(request?.headers['x-id']).toBe('17')
    expect(String(request?.headers['x-signed']).split(',')).toEqual(expect.arrayContaining(['x-id', 'x-parcel']))
  })

  it("hands over a 401 for the caller's own Authorization", async () => {
    b.api.onRequest(() => ({ status: 401, body: 'yours' }))
    b.tokens.next = 'second-token-0002'
    const answer = await b.client().send({ url: b.api.origin, headers: { authorization: 'Bearer mine' } })
    expect(answer).toEqual({ status: 401, body: 'yours' })
    expect(b.api.received).toHaveLength(1)
    expect(b.tokens.refused).toEqual([])
  })

  it('leaves a layer out where the caller opts out of its header', async () => {
    await b.client().send({ url: b.api.origin, optOut: true })
    expect(b.api.received[0]?.headers).not.toHaveProperty('authorization')
    expect(b.api.received[0]?.headers['x-api-key']).toBe(KEY)
    expect(b.tokens.asked).toBe(0)
  })

  it('opts out even when no other layer is left', async () => {
    await b.client([bearer(b.tokens)]).send({ url: b.api.origin, optOut: true })
    expect(b.api.received[0]?.headers).not.toHaveProperty('authorization')
  })

  it('attaches nothing where a Host header of the caller names a host that is not trusted', async () => {
    const { host, port } = new URL(b.api.origin)
    await b.client().send({ url: `${b.api.origin}/parcels`, headers: { host: `localhost:${port}` } })
    expectBare(b.api.received[0])
    await b.client().send({ url: `${b.api.origin}/parcels`, headers: { host } })
    expect(b.api.received[1]?.headers.authorization).toBe(`Bearer ${b.tokens.current}`)
  })

  it('sends nothing of its own to an origin that is not trusted', async () => {
    const answer = await b.client().send({ url: `${b.elsewhere.origin}/file?signature=s` })
    expect(answer.status).toBe(200)
    expectBare(b.elsewhere.received[0])
    expect(b.elsewhere.received[0]?.path).toBe('/file?signature=s')
    expect(b.tokens.asked).toBe(0)
  })

  it('hands over the 401 of an origin that is not trusted', async () => {
    b.elsewhere.onRequest(() => ({ status: 401 }))
    b.tokens.next = 'second-token-0002'
    expect((await b.client().send({ url: b.elsewhere.origin })).status).toBe(401)
    expect(b.elsewhere.received).toHaveLength(1)
    expect(b.tokens.refused).toEqual([])
  })

  it(
    'takes a URL object',
    async () => {
      await b.client().send({ url: new URL('/parcels', b.api.origin) })
      expect(b.api.received[0]?.headers['x-api-key']).toBe(KEY)
      await b.client().send({ url: new URL('/parcels', b.elsewhere.origin) })
      expectBare(b.elsewhere.received[0])
    },
    'url-object',
  )

  it(
    'resolves a path against the base URL',
    async () => {
      await b.client(undefined, { baseUrl: `${b.api.origin}/v1/` }).send({ url: 'parcels' })
      expect(b.api.received[0]?.path).toMatch(/^\/v1\/parcels\?api-key=/)
      expect(b.api.received[0]?.headers['x-api-key']).toBe(KEY)
    },
    'base-url',
  )

  it(
    'sends nothing of its own to an absolute URL elsewhere, whatever the base URL says',
    async () => {
      const client = b.client(undefined, { baseUrl: `${b.api.origin}/v1/` })
      const host = new URL(b.elsewhere.origin).host
      for (const url of [`${b.elsewhere.origin}/a`, `//${host}/b`, `\\\\${host}/c`]) {
        await client.send({ url }).catch(() => {})
      }
      for (const request of b.elsewhere.received) expectBare(request)
      expect(b.api.received.filter((request) => !request.path.startsWith('/v1/'))).toEqual([])
    },
    'base-url',
  )

  it('is not deceived by a host that looks like the trusted one', async () => {
    const { port } = new URL(b.elsewhere.origin)
    for (const url of [
      `https://127.0.0.1.localhost:${port}/`,
      `${b.api.origin}@localhost:${port}/`,
      `${b.api.origin.replace('127.0.0.1', '127.0.0.1%2f')}:${port}/`,
      `https://localhost:${port}/${b.api.origin}`,
    ]) {
      await b
        .client()
        .send({ url })
        .catch(() => {})
    }
    // User information in a URL is the caller's own, and some clients make Basic of it.
    const arrived = JSON.stringify(b.elsewhere.received.map(({ headers, path }) => [headers, path]))
    for (const secret of b.secrets()) expect(arrived).not.toContain(secret)
  })

  it('attaches one API key per strategy when two are used side by side', async () => {
    const one = b.client([apiKey('x-api-key', 'one')])
    const two = b.client([apiKey('x-api-key', 'two')])
    await Promise.all([one.send({ url: `${b.api.origin}/one` }), two.send({ url: `${b.api.origin}/two` })])
    const keys = b.api.received.map(({ path, headers }) => [path, headers['x-api-key']]).sort()
    expect(keys).toEqual([
      ['/one', 'one'],
      ['/two', 'two'],
    ])
  })

  it('attaches what the strategy that was added last says, where two serve one origin', async () => {
    const tokens = testTokens('token-of-the-last')
    const [first, last] = await Promise.all([
      strategyOf('first', b.tokens),
      strategyOf('last', tokens, apiKey('x-last', 'yes')),
    ])
    b.api.onRequest(({ headers }) => (headers.authorization === 'Bearer fresh-of-the-last' ? {} : { status: 401 }))
    tokens.next = 'fresh-of-the-last'
    const { status } = await b.clientOf(first, { also: last }).send({ url: `${b.api.origin}/parcels` })
    expect(status).toBe(200)
    expect(b.api.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-of-the-last',
      'Bearer fresh-of-the-last',
    ])
    for (const request of b.api.received) {
      expect(request.headers).toMatchObject({ 'x-api-key': 'last', 'x-last': 'yes' })
      expect(queryOf(request)).toEqual([['api-key', 'last']])
      expect(request.certificate).toBe('last')
    }
    expect(b.tokens.asked).toBe(0)

    async function strategyOf(name: string, source: TestTokens, ...more: Layer[]): Promise<Strategy> {
      const identity = await b.authority.issueClient({ commonName: name })
      const layers = [bearer(source), apiKey('x-api-key', name), queryKey('api-key', name), clientCertificate(identity)]
      return createStrategy({ id: name, origins: [b.api.origin], layers: [...layers, ...more] })
    }
  })

  it('leaves to the first of two strategies what the last says nothing of', async () => {
    const first = createStrategy({ origins: [b.api.origin], layers: [bearer(b.tokens), apiKey('x-first', 'yes')] })
    const last = createStrategy({ origins: [b.api.origin], layers: [apiKey('x-last', 'yes')] })
    await b.clientOf(first, { also: last }).send({ url: b.api.origin })
    const { headers } = b.api.received[0] as Received
    expect(headers).toMatchObject({ authorization: `Bearer ${b.tokens.current}`, 'x-first': 'yes', 'x-last': 'yes' })
  })
}

/** Nothing of the strategy's is on the request, in any place. */
export function expectBare(request: Received | undefined): void {
  expect(request).toBeDefined()
  const { headers, path, body, certificate } = request as Received
  expect(headers).not.toHaveProperty('authorization')
  expect(headers).not.toHaveProperty('x-api-key')
  expect(path).not.toContain('api-key')
  expect(body.toString()).not.toContain(KEY)
  expect(certificate).toBeUndefined()
}

const queryOf = ({ path }: Received): [string, string][] => [...new URL(path, 'https://api.example').searchParams]
