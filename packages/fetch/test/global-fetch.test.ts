import { apiKey, createStrategy } from '@auth/core'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { withAuth } from '../src/index.ts'

const platform = globalThis.fetch
afterEach(() => {
  globalThis.fetch = platform
})
const strategyFor = (origin: string) => createStrategy({ origins: [origin], layers: [apiKey('x-api-key', 'key-0001')] })
const API = 'https://api.example.com'

test('is looked up at each call: msw sees a client that was made before it listens', async () => {
  const send = withAuth(fetch, strategyFor(API))
  const server = setupServer(
    http.get(`${API}/parcels`, ({ request }) => HttpResponse.json({ key: request.headers.get('x-api-key') })),
  )
  server.listen()
  onTestFinished(() => server.close())
  expect(await (await send(`${API}/parcels`)).json()).toEqual({ key: 'key-0001' })
})

test('is looked up at each call: one that is put in place later is used, and no longer once it is gone', async () => {
  const seen: string[] = []
  const send = withAuth(fetch, strategyFor(API))
  const stub = (name: string): typeof fetch => {
    return async (input, init) => {
      seen.push(`${name} ${String(input)} ${new Headers(init?.headers).get('x-api-key')}`)
      return new Response()
    }
  }
  globalThis.fetch = stub('one')
  await send(`${API}/a`)
  globalThis.fetch = stub('two')
  await send('https://elsewhere.example/b')
  expect(seen).toEqual([`one ${API}/a key-0001`, 'two https://elsewhere.example/b null'])
})

test('that was given by another name stays the one that was given', async () => {
  const given: typeof fetch = async () => new Response('given')
  const send = withAuth(given, strategyFor(API))
  globalThis.fetch = async () => new Response('global')
  expect(await (await send(API)).text()).toBe('given')
})

test.each<[string, (ours: typeof fetch) => typeof fetch]>([
  ['itself', (ours) => ours],
  ['a wrapper around itself', (ours) => (input, init) => ours(input, init)],
  [
    'a wrapper that waits, and makes a request of it',
    (ours) => async (input, init) => {
      await new Promise((resolve) => setImmediate(resolve))
      return ours(new Request(input, init))
    },
  ],
])('may be replaced by %s without end', async (_, wrap) => {
  const calls: string[] = []
  globalThis.fetch = async (input, init) => {
    calls.push(new Headers(init?.headers ?? (input as Request).headers).get('x-api-key') ?? 'none')
    return new Response('once')
  }
  const ours = withAuth(fetch, strategyFor(API))
  globalThis.fetch = wrap(ours)
  expect(await (await fetch(API)).text()).toBe('once')
  expect(await (await ours('https://elsewhere.example')).text()).toBe('once')
  expect(calls).toEqual(['key-0001', 'none'])
})

test('may be replaced by clients of two accounts around each other', async () => {
  const calls: string[] = []
  globalThis.fetch = async (input) => {
    calls.push(String(input instanceof Request ? input.url : input))
    return new Response()
  }
  const one = withAuth(fetch, strategyFor(API))
  const two = withAuth(fetch, strategyFor('https://other.example'))
  globalThis.fetch = (input, init) => one(input, init)
  await two(`${API}/a`)
  await fetch('https://other.example/b')
  expect(calls).toEqual([`${API}/a`, 'https://other.example/b'])
})
