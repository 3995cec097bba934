import { request as httpRequest } from 'node:http'
import { allOf, apiKey, basic, bearer, hashApiKey, type Policy, resourceMetadata } from '@auth/core/verify'
import { describe, expect, test as register } from 'vitest'
import { both, servedForTest } from '../bench.ts'
import type { Limits, ServeGuard } from '../guard-route.ts'

const keys = (): Policy =>
  apiKey({ keys: [{ id: 'k1', hash: hashApiKey('right'), party: 'acme', scope: ['labels:read'] }] })
const passwords = (): Policy =>
  basic({ verify: (username, password) => (password === 'right' ? { party: username, scope: ['b'] } : undefined) })
const tokens = (): Policy =>
  bearer(async (token) => (token.startsWith('of-') ? { sub: token.slice(3), scope: 'labels:read' } : undefined))
const pair = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const right = { 'x-api-key': 'right' }
const handle = (identity: unknown): unknown => identity ?? null

/** What a guard does for an honest client. */
export function behaviourCases(serve: ServeGuard, limits: Limits): void {
  const test = (name: string, run: () => Promise<void>): void => {
    const limit = limits[name]
    register.skipIf(limit !== undefined)(limit === undefined ? name : `${name} (${limit})`, run)
  }

  describe('requests', () => {
    test('the identity is the one of the request, whole', async () => {
      const { framework, reference } = await both(
        serve,
        () => [{ path: '/', guards: [{ policy: allOf(keys(), passwords()) }], handle }],
        { headers: { ...right, authorization: pair('acme:right') } },
      )
      expect(framework).toEqual(reference)
      expect(framework[0]).toMatchObject({ status: 200, body: { party: 'acme', layers: { apiKey: {}, basic: {} } } })
    })

    test('each method is guarded, HEAD and OPTIONS too', async () => {
      const routes = () => [{ path: '/', guards: [{ policy: keys() }], handle }]
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const { framework, reference, served } = await both(
          serve,
          routes,
          { method },
          { method, headers: right },
          { method, headers: { 'x-api-key': 'wrong' } },
        )
        expect(framework, method).toEqual(reference)
        expect(framework, method).toMatchObject([{ status: 401 }, { status: 200 }, { status: 401 }, {}])
        expect(served.events, method).toHaveLength(3)
      }
    })

    test('the path is reported as sent, without the query', async () => {
      const { framework, reference } = await both(
        serve,
        () => [{ path: '/labels', guards: [{ policy: keys() }], handle }],
        { path: '/labels?token=secret-1&x=/y', headers: right },
      )
      expect(framework).toEqual(reference)
      expect(framework.at(-1)).toMatchObject([{ path: '/labels', method: 'GET', peer: '127.0.0.1' }])
    })

    test('many at once keep their identities apart', async () => {
      const server = await servedForTest(serve, () => [
        { path: '/', guards: [{ policy: tokens() }], handle: (identity) => identity?.party },
      ])
      const parties = Array.from({ length: 50 }, (_, i) => (i % 5 === 4 ? '' : `party-${i}`))
      const answers = await Promise.all(
        parties.map((party) =>
          server.send({ headers: { authorization: party === '' ? 'Bearer junk' : `Bearer of-${party}` } }),
        ),
      )
      expect(answers.map(({ status, body }) => (status === 200 ? body : ''))).toEqual(parties)
    })

    test('a header that was set before stays on the refusal', async () => {
      const server = await servedForTest(serve, () => [
        { path: '/', guards: [{ policy: keys() }], headersBefore: { 'x-before': 'kept' }, handle },
      ])
      const { status, headers } = await server.send({})
      expect([status, headers['x-before']]).toEqual([401, ['kept']])
    })
  })

  describe('one guard behind another', () => {
    const routes = () => [{ path: '/', guards: [{ policy: keys() }, { policy: passwords() }], handle }]

    test('adds its layers, and both have to hold', async () => {
      const { framework, reference } = await both(
        serve,
        routes,
        { headers: { ...right, authorization: pair('acme:right') } },
        { headers: right },
        { headers: { authorization: pair('acme:right') } },
      )
      expect(framework).toEqual(reference)
      expect(framework).toMatchObject([
        { status: 200, body: { party: 'acme', scope: ['labels:read', 'b'] } },
        { status: 401 },
        { status: 401 },
        {},
      ])
    })

    test('refuses another party', async () => {
      const { framework, reference } = await both(serve, routes, {
        headers: { ...right, authorization: pair('globex:right') },
      })
      expect(framework).toEqual(reference)
      expect(framework[0]).toMatchObject({ status: 403, body: { code: 'party_mismatch' } })
    })

    test('that only reports changes nothing', async () => {
      const { framework, reference } = await both(
        serve,
        () => [
          { path: '/', guards: [{ policy: keys() }, { policy: passwords(), options: { reportOnly: true } }], handle },
        ],
        { headers: { ...right, authorization: pair('globex:right') } },
      )
      expect(framework).toEqual(reference)
      expect(framework[0]).toMatchObject({ status: 200, body: { party: 'acme', scope: ['labels:read'] } })
    })
  })

  test('reportOnly lets everything through without an identity', async () => {
    const { framework, reference } = await both(
      serve,
      () => [{ path: '/', guards: [{ policy: keys(), options: { reportOnly: true } }], handle }],
      {},
      { headers: right },
    )
    expect(framework).toEqual(reference)
    expect(framework).toMatchObject([{ status: 200, body: null }, { status: 200, body: null }, {}])
  })

  test('a scope that is missing is a 403, and the challenge says which', async () => {
    const metadata = resourceMetadata({
      resource: 'https://api.example',
      authorizationServers: ['https://login.example'],
    })
    const { framework, reference, served } = await both(
      serve,
      () => [
        { path: '/ok', guards: [{ policy: tokens() }], scopes: ['labels:read'], handle },
        {
          path: '/no',
          guards: [{ policy: tokens(), options: { resourceMetadata: metadata } }],
          scopes: ['labels:read', 'labels:write'],
          handle,
        },
      ],
      { path: '/ok', headers: { authorization: 'Bearer of-acme' } },
      { path: '/no', headers: { authorization: 'Bearer of-acme' } },
      { path: '/no' },
    )
    expect(framework).toEqual(reference)
    expect(framework).toMatchObject([
      { status: 200 },
      { status: 403, challenges: expect.stringContaining('scope="labels:read labels:write"') },
      { status: 401, challenges: expect.stringContaining(`resource_metadata="${metadata.url}"`) },
      {},
    ])
    expect(framework[1]).toMatchObject({ challenges: expect.stringContaining(`resource_metadata="${metadata.url}"`) })
    expect(served.reached()).toBe(1)
  })

  test('a streaming route sends each chunk as it comes', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    async function* stream(): AsyncGenerator<string> {
      yield 'first'
      await held
      yield 'second'
    }
    const server = await servedForTest(serve, () => [{ path: '/', guards: [{ policy: tokens() }], handle, stream }])
    expect((await server.send({})).status).toBe(401)
    const chunks: string[] = []
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization: 'Bearer of-acme' }
      const request = httpRequest(`http://127.0.0.1:${server.port}/`, { headers, agent: false }, (response) => {
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          chunks.push(chunk)
          // The route waits for this: were the response held back, the test would time out.
          release()
        })
        response.on('end', resolve)
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end()
    })
    expect(chunks).toEqual(['first', 'second'])
  })
}
