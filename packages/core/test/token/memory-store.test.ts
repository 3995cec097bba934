import { ConfigurationError, clientSecretPost, memoryStore, oauth2, type TokenStore } from '@auth/core'
import { expect, test } from 'vitest'
import { manualClock } from '../support/clock.ts'

test('100 000 accounts stay within its bound, and each still gets its token', async () => {
  const store = memoryStore({ max: 1000 })
  let requests = 0
  const answer = async (): Promise<Response> => Response.json({ access_token: `t${++requests}`, expires_in: 3600 })
  const kept = new Set<string>()
  const watched: TokenStore = {
    ...store,
    set(key, entry, options) {
      kept.add(key)
      return store.set(key, entry, options)
    },
  }
  const source = (i: number): ReturnType<typeof oauth2> =>
    oauth2({
      tokenEndpoint: 'https://token.example/t',
      clientAuth: clientSecretPost(`client-${i}`, 's'),
      store: watched,
      fetch: answer,
    })
  for (let i = 0; i < 100_000; i += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, j) => source(i + j).token()))
  }
  expect(requests).toBe(100_000)
  expect(kept.size).toBe(100_000)
  const held = await Promise.all([...kept].map((key) => store.get(key)))
  expect(held.filter((one) => one !== undefined)).toHaveLength(1000)
}, 900_000)

test('goes by the clock it is given', async () => {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const entry = { writtenAt: clock.now() }
  const version = await store.set('k', entry, { expected: undefined, ttl: 60_000 })
  expect(await store.lease('k', [{ count: 1, per: 5000 }], 0)).toMatchObject({ startsIn: 0 })
  await clock.advance(4000)
  expect(await store.lease('k', [{ count: 1, per: 5000 }], 0)).toEqual({ retryIn: 1000 })
  await clock.advance(1000)
  expect(await store.lease('k', [{ count: 1, per: 5000 }], 0)).toMatchObject({ startsIn: 0 })
  expect(await store.get('k')).toEqual({ entry, version })
  await clock.advance(55_001)
  expect(await store.get('k')).toBeUndefined()
})

test.each([0, -1, 1.5, Number.NaN, '3'])('a max of %s is a ConfigurationError', (max) => {
  expect(() => memoryStore({ max: max as number })).toThrow(ConfigurationError)
})
