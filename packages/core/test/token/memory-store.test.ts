import { clientSecretPost, memoryStore, oauth2, type TokenStore } from '@auth/core'
import { expect, test } from 'vitest'

const entry = { token: { value: 't', expiresAt: Date.now() + 1000, lifetime: 1000 } }

test('writes only over the version it was told', async () => {
  const store = memoryStore()
  expect(store.set('k', entry, { expected: 'x', ttl: 1000 })).toBe(false)
  expect(store.set('k', entry, { expected: undefined, ttl: 1000 })).toBe(true)
  expect(store.set('k', entry, { expected: undefined, ttl: 1000 })).toBe(false)
  const { version } = (await store.get('k')) as { version: string }
  expect(store.set('k', undefined, { expected: version, ttl: 0 })).toBe(true)
  expect(store.get('k')).toBeUndefined()
})

test('gives a lease to one at a time', async () => {
  const store = memoryStore()
  const lease = await store.lease('k', 1000)
  expect(await store.lease('k', 1000)).toBeUndefined()
  expect(await store.lease('other', 1000)).toBeDefined()
  await lease?.release()
  const next = await store.lease('k', 1000)
  expect(next).toBeDefined()
  // A holder that comes back late releases nothing that is no longer his.
  await lease?.release()
  expect(await store.lease('k', 1000)).toBeUndefined()
})

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
}, 60_000)
