import { inspect } from 'node:util'
import { apiKey, ConfigurationError, createStrategy, type Strategy } from '@auth/core'
import { type Bench, bench, KEY } from '@auth/testing'
import ky, { HTTPError, type KyInstance } from 'ky'
import { describe, expect, test } from 'vitest'
import { authHooks, withAuth } from '../src/index.ts'
import { kyClient } from './ky-client.ts'

describe('withAuth(ky)', () => {
  let strategy: Strategy
  const b: Bench = bench(
    kyClient(ky, (client, given) => {
      strategy = given
      return client
    }),
  )
  /** A ky with the default layers of the bench. */
  const authenticated = (client: KyInstance = ky): KyInstance => {
    b.client()
    return withAuth(client, strategy)
  }
  const refuseFirst = (): void => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => (b.api.received.length > 1 ? { body: '{"a":1}' } : { status: 401 }))
  }

  test("runs the user's own hooks once per call, on the instance before and after, replay or not", async () => {
    const ran: string[] = []
    const hooks = (name: string) => ({
      hooks: {
        init: [() => void ran.push(`${name} init`)],
        beforeRequest: [() => void ran.push(`${name} beforeRequest`)],
        afterResponse: [({ response }: { response: Response }) => void ran.push(`${name} ${response.status}`)],
        beforeRetry: [() => void ran.push(`${name} beforeRetry`)],
      },
    })
    refuseFirst()
    await authenticated(ky.extend(hooks('before')))
      .extend(hooks('after'))
      .get(b.api.origin)
      .json()
    expect(b.api.received).toHaveLength(2)
    expect(ran).toEqual([
      'before init',
      'after init',
      'before beforeRequest',
      'after beforeRequest',
      'before 200',
      'after 200',
    ])
  })

  test('works through an instance that is extended further, and through authHooks among other options', async () => {
    b.client()
    for (const client of [
      withAuth(ky, strategy)
        .extend({ headers: { 'x-mine': 'mine' } })
        .extend({ retry: 0 }),
      ky.extend(authHooks(strategy)).extend({ headers: { 'x-mine': 'mine' } }),
      ky.create({ ...authHooks(strategy), headers: { 'x-mine': 'mine' } }),
    ]) {
      b.api.clear()
      await client.get(b.api.origin)
      expect(b.api.received[0]?.headers).toMatchObject({ 'x-mine': 'mine', 'x-api-key': KEY })
    }
  })

  test("leaves the instance's own Authorization alone, unless a call opts out of it", async () => {
    const client = authenticated(ky.extend({ headers: { authorization: 'Bearer mine' } }))
    await client.get(b.api.origin)
    await client.get(b.api.origin, { headers: { authorization: '' } })
    expect(b.api.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer mine', undefined])
    expect(b.tokens.asked).toBe(0)
  })

  test('sends through the fetch of the instance, of the call, or the global one', async () => {
    const through: string[] = []
    const via =
      (name: string): typeof fetch =>
      (...request) => {
        through.push(name)
        return fetch(...request)
      }
    await authenticated(ky.extend({ fetch: via('instance') })).get(b.api.origin)
    await authenticated()
      .extend({ fetch: via('extension') })
      .get(b.api.origin)
    await authenticated().get(b.api.origin, { fetch: via('call') })
    expect(through).toEqual(['instance', 'extension', 'call'])
    for (const { headers } of b.api.received) expect(headers['x-api-key']).toBe(KEY)
  })

  test("hands over the user's request in errors, without what was attached", async () => {
    b.api.onRequest(() => ({ status: 404 }))
    const error = await authenticated()
      .get(`${b.api.origin}/404?a=1`, { headers: { 'x-mine': 'mine' } })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HTTPError)
    const { request, response, message } = error as HTTPError
    expect(request.headers.get('authorization')).toBeNull()
    expect(request.headers.get('x-mine')).toBe('mine')
    expect([request.url, response.url]).toEqual([`${b.api.origin}/404?a=1`, `${b.api.origin}/404?a=1`])
    expect(message).toContain('/404?a=1')
    expect(inspect(error, { depth: 10 })).not.toContain('api-key')
  })

  test('shows an AuthError to beforeError as it is', async () => {
    b.tokens.failure = new ConfigurationError('secret', 'cannot be read')
    const seen: Error[] = []
    const client = authenticated().extend({
      hooks: {
        beforeError: [
          ({ error }) => {
            seen.push(error)
            return error
          },
        ],
      },
    })
    await expect(client.get(b.api.origin)).rejects.toBe(b.tokens.failure)
    expect(seen).toEqual([b.tokens.failure])
  })

  test('replays what is sent with progress callbacks', async () => {
    refuseFirst()
    const progress: number[] = []
    const answer = authenticated().post(b.api.origin, {
      json: { parcel: 1 },
      onUploadProgress: ({ transferredBytes }) => void progress.push(transferredBytes),
      onDownloadProgress: () => {},
    })
    expect(await answer.json()).toEqual({ a: 1 })
    expect(b.api.received.map(({ body }) => `${body}`)).toEqual(['{"parcel":1}', '{"parcel":1}'])
    expect(progress).not.toEqual([])
  })

  test('replays a Request that is given to it', async () => {
    refuseFirst()
    await authenticated()(new Request(`${b.api.origin}/a`, { method: 'PATCH', body: 'x' }))
    expect(b.api.received.map(({ method, body }) => [method, `${body}`])).toEqual([
      ['PATCH', 'x'],
      ['PATCH', 'x'],
    ])
  })

  test('stays out of the way of ky.retry() in a hook of the user', async () => {
    b.api.onRequest(() => ({ status: b.api.received.length > 1 ? 200 : 202 }))
    const client = authenticated().extend({
      hooks: { afterResponse: [({ response }) => (response.status === 202 ? ky.retry({ delay: 0 }) : undefined)] },
    })
    expect((await client.post(b.api.origin, { body: 'x' })).status).toBe(200)
    expect(b.api.received.map(({ headers, body }) => [headers['x-api-key'], `${body}`])).toEqual([
      [KEY, 'x'],
      [KEY, 'x'],
    ])
  })

  test('holds totalTimeout while it waits for a token', async () => {
    b.tokens.hold()
    await expect(authenticated().get(b.api.origin, { totalTimeout: 50 })).rejects.toThrow('timed out')
    expect(b.api.received).toEqual([])
  })

  test('shares nothing between two strategies on one instance', async () => {
    const [one, two] = [b.api.origin, b.elsewhere.origin].map((origin) =>
      createStrategy({ origins: [origin], layers: [apiKey('x-api-key', `key-of-${new URL(origin).port}`)] }),
    ) as [Strategy, Strategy]
    const both = withAuth(withAuth(ky, one), two)
    await both(b.api.origin)
    await both(b.elsewhere.origin)
    for (const { origin, received } of [b.api, b.elsewhere]) {
      expect(received.map(({ headers }) => headers['x-api-key'])).toEqual([`key-of-${new URL(origin).port}`])
    }
  })

  test.each([undefined, null, {}, 'ky'])('refuses %s as ky', (value) => {
    expect(() => withAuth(value as never, {} as never)).toThrow(expect.objectContaining({ option: 'ky' }))
  })

  test.each([undefined, null, {}])('refuses %s as strategy', (value) => {
    expect(() => withAuth(ky, value as never)).toThrow(expect.objectContaining({ option: 'strategy' }))
    expect(() => authHooks(value as never)).toThrow(expect.objectContaining({ option: 'strategy' }))
  })
})
