import type { AuthEvent, StoredEntry, TokenStore, VersionedEntry } from '@auth/core'
import { clientSecretPost, memoryStore } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { testServer, tokens } from '../support/authorization-server.ts'
import { hastyClock, manualClock, settle, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

/** A memory store whose answers can be made to fail or to hang, and whose keys can be looked at. */
function fickleStore(
  shared = true,
): TokenStore & { fault: 'fail' | 'hang' | undefined; readonly keys: Set<string>; readonly written: StoredEntry[] } {
  const inner = memoryStore()
  const state = {
    fault: undefined as 'fail' | 'hang' | undefined,
    keys: new Set<string>(),
    written: [] as StoredEntry[],
    shared,
    get: (key: string) => answer(key, () => inner.get(key)),
    set: (key: string, entry: StoredEntry | undefined, options: { expected: string | undefined; ttl: number }) => {
      if (entry !== undefined) state.written.push(entry)
      return answer(key, () => inner.set(key, entry, options))
    },
    lease: (key: string, ms: number) => answer(key, () => inner.lease(key, ms)),
  }
  const answer = async <T>(key: string, real: () => T | Promise<T>): Promise<T> => {
    state.keys.add(key)
    if (state.fault === 'hang') return new Promise(() => {})
    if (state.fault === 'fail')
      throw Object.assign(new Error('connection to redis://:password@host lost'), { code: 'ECONNRESET' })
    return real()
  }
  return state
}

describe('a shared store', () => {
  test('strategies made for the same account share one token request, concurrently and later', async () => {
    const server = await testServer()
    const store = memoryStore()
    const make = (): ReturnType<typeof tokens> => tokens(server, { store, clock: hastyClock(Date.now()) })
    const values = await Promise.all(Array.from({ length: 20 }, async () => (await make().token()).value))
    expect(new Set(values)).toEqual(new Set(['token-1']))
    expect((await make().token()).value).toBe('token-1')
    expect(server.tokenRequests).toBe(1)
  })

  test('a rejection is shared: 20 strategies × 20 callers with a wrong secret cost one attempt', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, { error: 'invalid_client' })
    const store = memoryStore()
    const clock = hastyClock(Date.now())
    const sources = Array.from({ length: 20 }, () => tokens(server, { store, clock }))
    const results = await Promise.allSettled(
      sources.flatMap((source) => Array.from({ length: 20 }, () => source.token())),
    )
    expect(new Set(results.map((result) => result.status === 'rejected' && result.reason.code))).toEqual(
      new Set(['ERR_AUTH_CREDENTIALS_REJECTED']),
    )
    expect(server.tokenRequests).toBe(1)
    const late = tokens(server, { store, clock })
    await expect(late.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', error: 'invalid_client' })
    expect(late.status()).toMatchObject({ state: 'rejected' })
    expect(server.tokenRequests).toBe(1)
  })

  test('a 401 in one drops the token for all, and the others do not refresh again', async () => {
    const server = await testServer()
    const store = memoryStore()
    const [one, two, three] = [tokens(server, { store }), tokens(server, { store }), tokens(server, { store })] as const
    for (const source of [one, two]) expect((await source.token()).value).toBe('token-1')
    expect(await one.reject('token-1')).toBe(true)
    expect(await two.reject('token-1')).toBe(true)
    expect((await two.token()).value).toBe('token-2')
    expect((await three.token()).value).toBe('token-2')
    expect(server.tokenRequests).toBe(2)
  })

  test('a refresh ahead in one serves the others', async () => {
    const server = await testServer(3600)
    const store = memoryStore()
    const clock = manualClock(Date.now())
    const [one, two] = [tokens(server, { store, clock }), tokens(server, { store, clock })]
    await one.token()
    await two.token()
    await clock.advance(3_600_000 - 230_000)
    one.token()
    await until(() => one.status().state === 'fresh')
    two.token()
    await until(() => two.status().state === 'fresh')
    expect(await Promise.all([one, two].map(async (source) => (await source.token()).value))).toEqual([
      'token-2',
      'token-2',
    ])
    expect(server.tokenRequests).toBe(2)
  })

  test('a token that has reached its hard margin is not taken from the store', async () => {
    const server = await testServer(3600)
    const store = memoryStore()
    const clock = manualClock(Date.now())
    await tokens(server, { store, clock }).token()
    await clock.advance(3_600_000 - 9_000)
    expect((await tokens(server, { store, clock }).token()).value).toBe('token-2')
  })

  test('reset forgets token and rejection in the store too', async () => {
    const server = await testServer()
    const store = memoryStore()
    const one = tokens(server, { store })
    await one.token()
    await one.reset()
    expect((await tokens(server, { store }).token()).value).toBe('token-2')
    server.fault = (_, response) => json(response, 401, {})
    const wrong = tokens(server, { store, clientAuth: clientSecretPost('client', 'wrong') })
    await expect(wrong.token()).rejects.toThrow()
    await wrong.reset()
    server.fault = undefined
    expect((await wrong.token()).value).toBe('token-3')
  })

  test('a doubled window counts the rejections that others have seen', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, {})
    const store = memoryStore()
    const clock = manualClock(Date.now())
    await expect(tokens(server, { store, clock }).token()).rejects.toMatchObject({ retryAt: clock.now() + 60_000 })
    await clock.advance(60_000)
    await expect(tokens(server, { store, clock }).token()).rejects.toMatchObject({ retryAt: clock.now() + 120_000 })
  })
})

describe('keys', () => {
  test('of a shared store reveal neither id nor secret, and differ by both', async () => {
    const server = await testServer()
    const store = fickleStore()
    for (const [id, secret] of [
      ['client-id', 'hunter2'],
      ['client-id', 'hunter3'],
      ['other-id', 'hunter2'],
    ] as const) {
      await tokens(server, { store, clientAuth: clientSecretPost(id, secret) }).token()
    }
    expect(store.keys.size).toBe(3)
    for (const key of store.keys) expect(key).toMatch(/^[\w-]{43}\.[\w-]{22}$/)
    // The same secret under another id has another fingerprint: one table of guesses serves one account at most.
    expect(new Set([...store.keys].map((key) => key.split('.')[1])).size).toBe(3)
    const plain = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('hunter2'))
    const quick = Buffer.from(plain).toString('base64url').slice(0, 22)
    expect([...store.keys].some((key) => key.includes(quick))).toBe(false)
  })

  test('are the same in every process for a shared store', async () => {
    const { cacheKey } = await import('../../src/token/cache-key.ts')
    const key = await cacheKey(
      { tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} },
      { id: 'i', secret: 's' },
      true,
    )
    expect(key).toBe(
      await cacheKey({ tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} }, { id: 'i', secret: 's' }, true),
    )
    expect(key).not.toBe(
      await cacheKey({ tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} }, { id: 'i', secret: 's' }, false),
    )
  })
})

describe('store trouble', () => {
  test.each(['fail', 'hang'] as const)(
    'a store that answers with %s stops nobody, and is used again when it is back',
    async (fault) => {
      const server = await testServer(100)
      const store = fickleStore()
      const events: AuthEvent[] = []
      const clock = hastyClock(Date.now())
      const source = tokens(server, { store, clock, onEvent: (event) => events.push(event) })
      store.fault = fault
      expect((await source.token()).value).toBe('token-1')
      expect(events.some((event) => event.type === 'store-failed')).toBe(true)
      expect(JSON.stringify(events)).not.toContain('password')
      store.fault = undefined
      await clock.advance(100_000)
      expect((await source.token()).value).toBe('token-2')
      expect(store.written.at(-1)?.token?.value).toBe('token-2')
    },
  )

  test('a store that fails between lease and writing costs no token', async () => {
    const server = await testServer()
    const store = fickleStore()
    const open = server.hold()
    const source = tokens(server, { store })
    const token = source.token()
    await until(() => server.tokenRequests === 1)
    store.fault = 'fail'
    open()
    expect((await token).value).toBe('token-1')
  })

  test('a lease whose holder never comes back is taken over after its time', async () => {
    const server = await testServer()
    const inner = memoryStore()
    const clock = hastyClock(Date.now())
    const store: TokenStore = { ...inner, lease: () => undefined }
    const source = tokens(server, { store, clock, timeout: 1000 })
    const before = clock.monotonic()
    expect((await source.token()).value).toBe('token-1')
    expect(clock.monotonic() - before).toBeLessThan(10_000)
  })

  test('a holder that comes back late does not overwrite a newer entry', async () => {
    const server = await testServer()
    const inner = memoryStore()
    let key = ''
    const store: TokenStore = {
      ...inner,
      get(at) {
        key = at
        return inner.get(at)
      },
    }
    const open = server.hold()
    const late = tokens(server, { store }).token()
    await until(() => server.tokenRequests === 1)
    const newer: StoredEntry = { token: { value: 'newer', expiresAt: Date.now() + 3_600_000, lifetime: 3_600_000 } }
    expect(inner.set(key, newer, { expected: undefined, ttl: 3_600_000 })).toBe(true)
    open()
    await late
    await settle()
    expect(((await inner.get(key)) as VersionedEntry).entry.token?.value).toBe('newer')
  })
})
