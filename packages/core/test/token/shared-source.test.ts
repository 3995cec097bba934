import type { AccessToken, AuthEvent, RateLimit, StoredEntry, TokenStore, VersionedEntry } from '@auth/core'
import { type Clock, clientSecretPost, memoryStore } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { testServer, tokens } from '../support/authorization-server.ts'
import { hastyClock, manualClock, settle, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

interface FickleStore extends TokenStore {
  /** Makes its answers fail, or not come. */
  fault: 'fail' | 'hang' | undefined
  /** Keys it was asked for, in order. */
  readonly asked: string[]
  readonly written: StoredEntry[]
  readonly inner: TokenStore
}

/** A memory store whose answers can be made to fail or to hang, and whose keys can be looked at. */
function fickleStore({ shared = true, clock }: { shared?: boolean; clock?: Clock } = {}): FickleStore {
  const inner = memoryStore(clock === undefined ? {} : { clock })
  const answer = async <T>(key: string, real: () => T | Promise<T>): Promise<T> => {
    state.asked.push(key)
    if (state.fault === 'hang') return new Promise(() => {})
    if (state.fault === 'fail')
      throw Object.assign(new Error('connection to redis://:password@host lost'), { code: 'ECONNRESET' })
    return real()
  }
  const state: FickleStore = {
    fault: undefined,
    asked: [],
    written: [],
    inner,
    shared,
    get: (key) => answer(key, () => inner.get(key)),
    set: (key, entry, options) => {
      state.written.push(entry)
      return answer(key, () => inner.set(key, entry, options))
    },
    lease: (key, limits: readonly RateLimit[], maxWait: number) => answer(key, () => inner.lease(key, limits, maxWait)),
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

  test('a background refresh waits a second for that of another process, and leaves the token in service', async () => {
    const server = await testServer(3600)
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    const [one, two] = [tokens(server, { store, clock }), tokens(server, { store, clock })]
    await one.token()
    await two.token()
    await clock.advance(3_600_000 - 230_000)
    const open = server.hold()
    one.token()
    await until(() => server.tokenRequests === 2)
    two.token()
    for (let elapsed = 0; two.status().state === 'refreshing'; elapsed += 100) {
      expect(elapsed).toBeLessThanOrEqual(3000)
      await clock.advance(100)
    }
    expect(two.token()).toMatchObject({ value: 'token-1' })
    expect(server.tokenRequests).toBe(2)
    open()
    await until(() => one.status().state === 'fresh')
    await clock.advance(2000)
    two.token()
    await until(() => two.status().state === 'fresh')
    expect(two.token()).toMatchObject({ value: 'token-2' })
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
    const keys = new Set(store.asked)
    expect(keys.size).toBe(3)
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}\.[\w-]{22}$/)
    // The same secret under another id has another fingerprint: one table of guesses serves one account at most.
    expect(new Set([...keys].map((key) => key.split('.')[1])).size).toBe(3)
    const plain = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('hunter2'))
    const quick = Buffer.from(plain).toString('base64url').slice(0, 22)
    expect([...keys].some((key) => key.includes(quick))).toBe(false)
  })

  test('tell tokens apart that are bound to different certificates', async () => {
    const { cacheKey } = await import('../../src/token/cache-key.ts')
    const key = (certificate?: string): Promise<string> =>
      cacheKey(
        { tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {}, certificate },
        { client: { id: 'i', secret: 's' } },
        false,
      )
    expect(new Set(await Promise.all([key(), key('one'), key('two')])).size).toBe(3)
  })

  test('are the same in every process for a shared store', async () => {
    const { cacheKey } = await import('../../src/token/cache-key.ts')
    const key = await cacheKey(
      { tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} },
      { client: { id: 'i', secret: 's' } },
      true,
    )
    expect(key).toBe(
      await cacheKey(
        { tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} },
        { client: { id: 'i', secret: 's' } },
        true,
      ),
    )
    expect(key).not.toBe(
      await cacheKey(
        { tokenEndpoint: 'https://a/t', clientAuth: 'm', grant: {} },
        { client: { id: 'i', secret: 's' } },
        false,
      ),
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

  test('each mode shows in events, with the failures in a row, and so does the end of it', async () => {
    const server = await testServer(100)
    const clock = manualClock(Date.now())
    const store = fickleStore({ shared: false, clock })
    const events: AuthEvent[] = []
    const source = tokens(server, { store, clock, onEvent: (event) => events.push(event) })
    const modes = (): unknown[] =>
      events
        .splice(0)
        .filter(({ type }) => type.startsWith('store-'))
        .map(({ id: _, at: __, ...event }) => event)
    store.fault = 'fail'
    await source.token()
    expect(modes()).toEqual([{ type: 'store-failed', operation: 'get', message: 'Error ECONNRESET', failures: 1 }])
    store.fault = 'hang'
    await clock.advance(100_000)
    const slow = source.token()
    await until(() => clock.pending.includes(1000))
    await clock.advance(1000)
    await slow
    expect(modes()).toEqual([
      { type: 'store-failed', operation: 'get', message: 'no answer within 1000 ms', failures: 2 },
    ])
    store.fault = undefined
    await clock.advance(85_000)
    source.token()
    await until(() => source.status().state === 'fresh')
    expect(modes()).toEqual([{ type: 'store-recovered', failures: 2 }, { type: 'store-missed' }])
  })

  test('a lease that is granted when nobody waits for it any more is given back', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const inner = memoryStore({ clock })
    let grant = (): void => {}
    const store: TokenStore = {
      ...inner,
      lease: (...terms) =>
        new Promise((resolve) => {
          grant = () => resolve(inner.lease(...terms))
        }),
    }
    const token = tokens(server, { store, clock }).token()
    await until(() => clock.pending.includes(1000))
    await clock.advance(1000)
    expect((await token).value).toBe('token-1')
    grant()
    await settle()
    expect((await tokens(server, { store: inner, clock }).token()).value).toBe('token-2')
  })

  test('a late lease that cannot be given back ends no process', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const inner = memoryStore({ clock })
    let grant = (): void => {}
    const store: TokenStore = {
      ...inner,
      lease: () =>
        new Promise((resolve) => {
          const lost = async (): Promise<never> => Promise.reject(new Error('connection lost'))
          grant = () => resolve({ startsIn: 0, renew: lost, release: lost })
        }),
    }
    const token = tokens(server, { store, clock }).token()
    await until(() => clock.pending.includes(1000))
    await clock.advance(1000)
    expect((await token).value).toBe('token-1')
    grant()
    // An unhandled rejection fails the test run.
    await settle()
  })

  test.each([
    ['null', null],
    ['a text', 'token'],
    ['null where there was nothing', { writtenAt: 0, token: null, failure: null }],
    ['a token that is a number', { writtenAt: 0, token: { value: 5, expiresAt: 9e15, lifetime: 9e15 } }],
    ['a token with a line break', { writtenAt: 0, token: { value: 'a\nb', expiresAt: 9e15, lifetime: 9e15 } }],
  ])('a store of the user’s own that holds %s stops nobody', async (_, entry) => {
    const server = await testServer()
    const store: TokenStore = {
      ...memoryStore(),
      get: () => ({ entry: entry as unknown as StoredEntry, version: '1' }),
    }
    expect((await tokens(server, { store }).token()).value).toBe('token-1')
  })

  test('a rejection outlasts what was written before it, though the store failed when it should have been told', async () => {
    const server = await testServer()
    const clock = hastyClock(Date.now())
    const store = fickleStore({ clock })
    const source = tokens(server, { store, clock })
    await source.token()
    await clock.advance(1000)
    server.fault = (_, response) => json(response, 401, {})
    store.fault = 'fail'
    expect(await source.reject('token-1')).toBe(false)
    store.fault = undefined
    for (let i = 0; i < 3; i++) {
      await expect(source.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
    }
    expect(server.tokenRequests).toBe(2)
    await expect(tokens(server, { store, clock }).token()).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
    })
    expect(server.tokenRequests).toBe(2)
  })

  test('a rejection remembered while the store failed is told to the others when it is back', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, {})
    const store = fickleStore()
    const one = tokens(server, { store, clock: hastyClock(Date.now()) })
    store.fault = 'fail'
    await expect(one.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
    store.fault = undefined
    await expect(one.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
    await expect(tokens(server, { store }).token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
    expect(server.tokenRequests).toBe(1)
  })
})

describe('the lease', () => {
  test('of a holder who dies is taken over after its time', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const inner = memoryStore({ clock })
    let key = ''
    const store: TokenStore = {
      ...inner,
      get(at) {
        key = at
        return inner.get(at)
      },
    }
    await tokens(server, { store, clock }).token()
    const dead = await inner.lease(key, [{ count: 1, per: 5000 }], 0)
    expect(dead).toHaveProperty('release')
    await clock.advance(3_600_000)
    await inner.lease(key, [{ count: 1, per: 5000 }], 0)
    const token = tokens(server, { store, clock }).token()
    for (let waited = 0; waited < 5000; waited += 500) {
      expect(server.tokenRequests).toBe(1)
      await until(() => clock.pending.length > 0)
      await clock.advance(500)
    }
    expect((await token).value).toBe('token-2')
  })

  test('of a holder who works on is renewed, however long the token request takes', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    const open = server.hold()
    const first = tokens(server, { store, clock, timeout: 60_000 }).token()
    await until(() => server.tokenRequests === 1)
    const second = tokens(server, { store, clock, timeout: 60_000 }).token()
    await until(() => clock.pending.length === 2)
    for (let waited = 0; waited < 20_000; waited += 500) {
      await clock.advance(500)
      await settle()
    }
    expect(server.tokenRequests).toBe(1)
    open()
    expect((await first).value).toBe('token-1')
    for (let look = 0; look < 3; look++) await clock.advance(1000)
    expect((await second).value).toBe('token-1')
    expect(clock.pending).toEqual([])
  })

  test('takes nothing off the token for those who waited: it lives as long for them as for the holder', async () => {
    const server = await testServer(100)
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    server.fault = (_, response) => {
      server.fault = undefined
      json(response, 503, {})
    }
    const [holder, waiting] = [tokens(server, { store, clock }), tokens(server, { store, clock })]
    const open = server.hold()
    const issued = holder.token()
    await until(() => server.tokenRequests === 1)
    const waited = waiting.token()
    await until(() => clock.pending.length === 2)
    for (let step = 0; step < 40; step++) {
      await clock.advance(500)
      await settle()
    }
    // The first attempt has failed after 20 s; the second succeeds.
    open()
    await until(() => server.tokenRequests === 1 && clock.pending.length === 3)
    await clock.advance(300)
    await issued
    await clock.advance(1000)
    expect((await waited).value).toBe('token-1')
    // 100 s after that less the hard margin, and not after the first look of the other.
    await clock.advance(85_000)
    expect([holder.token(), waiting.token()].map((token) => token instanceof Promise)).toEqual([false, false])
  })

  test('of a holder whom nobody can wait for is done without after the longest a token request may take', async () => {
    const server = await testServer()
    const inner = memoryStore()
    const clock = hastyClock(Date.now())
    const store: TokenStore = { ...inner, lease: () => ({ retryIn: 5000 }) }
    const before = clock.monotonic()
    expect((await tokens(server, { store, clock, timeout: 1000 }).token()).value).toBe('token-1')
    const waited = clock.monotonic() - before
    expect(waited).toBeGreaterThan(3 * 1000)
    expect(waited).toBeLessThan(10_000)
  })

  test('is looked at less and less often while another has it', async () => {
    const server = await testServer()
    const inner = memoryStore()
    const clock = hastyClock(Date.now())
    let looks = 0
    const store: TokenStore = {
      ...inner,
      get(key) {
        looks++
        return inner.get(key)
      },
      lease: () => ({ retryIn: 5000 }),
    }
    await tokens(server, { store, clock }).token()
    // 35 s: 50, 100, 200, 400, 800 ms, and then one a second, less the jitter.
    expect(looks).toBeLessThan(80)
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
    const newer = { value: 'newer', expiresAt: Date.now() + 3_600_000, lifetime: 3_600_000 }
    await inner.set(key, { writtenAt: Date.now(), token: newer }, { expected: undefined, ttl: 3_600_000 })
    open()
    await late
    await settle()
    expect(((await inner.get(key)) as VersionedEntry).entry?.token?.value).toBe('newer')
  })

  test('a reset in the middle of a token request stands: what the request brings is not stored', async () => {
    const server = await testServer()
    const store = memoryStore()
    const open = server.hold()
    const late = tokens(server, { store }).token()
    await until(() => server.tokenRequests === 1)
    await tokens(server, { store }).reset()
    open()
    await late
    await settle()
    expect((await tokens(server, { store }).token()).value).toBe('token-2')
  })
})

describe('an endpoint that is unavailable', () => {
  test('costs one flight of attempts: those who wait get its outcome, those who come later try again', async () => {
    const server = await testServer()
    const store = memoryStore()
    const clock = hastyClock(Date.now())
    server.fault = (_, response) => json(response, 503, {})
    const open = server.hold()
    const failed = Array.from({ length: 20 }, () => tokens(server, { store, clock }).token())
    await until(() => server.tokenRequests === 1)
    open()
    const outcomes = await Promise.allSettled(failed)
    expect(
      outcomes.map((outcome) => outcome.status === 'rejected' && [outcome.reason.code, outcome.reason.status]),
    ).toEqual(outcomes.map(() => ['ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', 503]))
    expect(server.tokenRequests).toBe(3)
    server.fault = undefined
    expect((await tokens(server, { store, clock }).token()).value).toBe('token-1')
    expect(server.tokenRequests).toBe(4)
  })

  test('is tried a few times for those who wait, when only a background refresh of another has failed', async () => {
    const server = await testServer(3600)
    const clock = manualClock(Date.now())
    const late = manualClock(clock.now())
    const store = memoryStore({ clock })
    const [refreshing, waiting] = [tokens(server, { store, clock }), tokens(server, { store, clock: late })]
    await refreshing.token()
    await waiting.token()
    // One in its refresh-ahead window, the other past the end of the token.
    await clock.advance(3_600_000 - 20_000)
    await late.advance(3_600_000)
    let faults = 0
    server.fault = (_, response) => {
      server.fault = undefined
      faults++
      json(response, 503, {})
    }
    const open = server.hold()
    refreshing.token()
    await until(() => server.tokenRequests === 2)
    const served = waiting.token() as Promise<AccessToken>
    await until(() => late.pending.length > 0)
    open()
    await until(() => refreshing.status().lastFailure !== undefined)
    await settle()
    await late.advance(1000)
    expect((await served).value).toBe('token-2')
    expect([faults, server.tokenRequests]).toEqual([1, 3])
  })

  test('is left alone by the background refreshes of all, for longer each time, while the token is good', async () => {
    const server = await testServer(3600)
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    const sources = Array.from({ length: 10 }, () => tokens(server, { store, clock }))
    for (const source of sources) await source.token()
    server.fault = (_, response) => json(response, 503, {})
    await clock.advance(3_600_000 - 240_000)
    for (let second = 0; second < 120; second++) {
      for (const source of sources) expect((await source.token()).value).toBe('token-1')
      for (let step = 0; step < 10; step++) {
        await settle()
        await clock.advance(100)
      }
    }
    // One by one they would have made ten times as many.
    expect(server.tokenRequests).toBeGreaterThan(5)
    expect(server.tokenRequests).toBeLessThan(20)
  })
})

describe('what others do', () => {
  test('a reset is seen by a process that was rejected itself, within a second', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    const [one, two] = [tokens(server, { store, clock }), tokens(server, { store, clock })]
    server.fault = (_, response) => json(response, 401, {})
    await expect(one.token()).rejects.toThrow()
    await two.reset()
    server.fault = undefined
    await clock.advance(1000)
    expect((await one.token()).value).toBe('token-1')
  })

  test('credentials found good again elsewhere are not held to be rejected here', async () => {
    const server = await testServer(60)
    const clock = manualClock(Date.now())
    const store = memoryStore({ clock })
    const lockout = 3_600_000
    const [one, two] = [tokens(server, { store, clock, lockout }), tokens(server, { store, clock, lockout })]
    server.fault = (_, response) => json(response, 401, {})
    await expect(one.token()).rejects.toThrow()
    server.fault = undefined
    await two.reset()
    await two.token()
    // The token of two is over, the window of one's own rejection is not.
    await clock.advance(100_000)
    expect((await one.token()).value).toBe('token-2')
  })

  test('an entry that cannot be read is no reset, and is written over', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const inner = memoryStore({ clock })
    let readable = true
    const store: TokenStore = {
      ...inner,
      async get(key) {
        const found = await inner.get(key)
        return found && { ...found, entry: readable ? found.entry : undefined }
      },
    }
    server.fault = (_, response) => json(response, 401, {})
    const one = tokens(server, { store, clock })
    await expect(one.token()).rejects.toThrow()
    readable = false
    await clock.advance(1000)
    await expect(one.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
    expect(server.tokenRequests).toBe(1)
    server.fault = undefined
    await tokens(server, { store, clock }).token()
    readable = true
    expect((await tokens(server, { store, clock }).token()).value).toBe('token-1')
  })

  test('a process that is blocked asks the store once a second, not once a call', async () => {
    const server = await testServer()
    const clock = manualClock(Date.now())
    const store = fickleStore({ shared: false, clock })
    server.fault = (_, response) => json(response, 401, {})
    await expect(tokens(server, { store, clock }).token()).rejects.toThrow()
    const other = tokens(server, { store, clock })
    await expect(other.token()).rejects.toThrow()
    const before = store.asked.length
    for (let call = 0; call < 100; call++) await expect(other.token()).rejects.toThrow()
    expect(store.asked.length).toBe(before)
    await clock.advance(1000)
    await expect(other.token()).rejects.toThrow()
    expect(store.asked.length).toBe(before + 1)
  })

  test('a token that the API refused is dropped for all before another is requested', async () => {
    const server = await testServer()
    const store = memoryStore()
    const one = tokens(server, { store })
    await one.token()
    const open = server.hold()
    const replaced = one.reject('token-1')
    await until(() => server.tokenRequests === 2)
    let looks = 0
    const watched: TokenStore = {
      ...store,
      get(key) {
        looks++
        return store.get(key)
      },
    }
    const newcomer = tokens(server, { store: watched }).token()
    await until(() => looks === 2)
    open()
    expect(await replaced).toBe(true)
    expect((await newcomer).value).toBe('token-2')
  })

  test('a token that the API refused is dropped for all, even if no other can be had', async () => {
    const server = await testServer()
    const clock = hastyClock(Date.now())
    const store = memoryStore({ clock })
    const one = tokens(server, { store, clock })
    await one.token()
    server.fault = (_, response) => json(response, 503, {})
    expect(await one.reject('token-1')).toBe(false)
    await expect(tokens(server, { store, clock }).token()).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
    })
    server.fault = undefined
    expect((await one.token()).value).toBe('token-2')
  })

  test('a token ends when it ends, and a rejection stands, though the clocks of two machines disagree', async () => {
    const server = await testServer(600)
    const start = Date.now()
    const writer = manualClock(start)
    const reader = manualClock(start - 300_000)
    const inner = memoryStore({ clock: writer })
    // A store with a clock of its own: it says how old an entry is.
    const written = new Map<string, number>()
    const store: TokenStore = {
      ...inner,
      async get(key) {
        const found = await inner.get(key)
        return found && { ...found, age: writer.monotonic() - (written.get(key) as number) }
      },
      set(key, entry, options) {
        written.set(key, writer.monotonic())
        return inner.set(key, entry, options)
      },
    }
    await tokens(server, { store, clock: writer }).token()
    await Promise.all([writer.advance(300_000), reader.advance(300_000)])
    const shared = await tokens(server, { store, clock: reader }).token()
    expect(shared).toMatchObject({ value: 'token-1', expiresAt: reader.now() + 300_000 })
    await Promise.all([writer.advance(295_000), reader.advance(295_000)])
    expect((await tokens(server, { store, clock: reader }).token()).value).toBe('token-2')

    server.fault = (_, response) => json(response, 401, {})
    const wrong = { clientAuth: clientSecretPost('client', 'wrong'), lockout: 60_000 }
    await expect(tokens(server, { store, clock: reader, ...wrong }).token()).rejects.toThrow()
    await Promise.all([writer.advance(50_000), reader.advance(50_000)])
    await expect(tokens(server, { store, clock: writer, ...wrong }).token()).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      retryAt: writer.now() + 10_000,
    })
    expect(server.tokenRequests).toBe(3)
  })
})
