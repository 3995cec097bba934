import type { AccessToken, AuthEvent, StoredEntry } from '@auth/core'
import { CredentialsRejectedError, memoryStore, type TokenEndpointError, tokenCache } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { testServer, tokens } from '../support/authorization-server.ts'
import { hastyClock, manualClock, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

const UNAVAILABLE = 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
/** A clock on which a wait never ends. */
const stopped = manualClock()
const never = <T>(): Promise<T> => new Promise<T>(() => {})

describe('no caller waits longer than `deadline` in all', () => {
  test.each([
    ['an endpoint that hangs', { fetch: () => never<Response>(), timeout: 60_000 }],
    ['a store that holds the lease', { store: { ...memoryStore(), lease: () => ({ retryIn: 5 }) }, timeout: 60_000 }],
    ['a turn that comes late', { budget: [{ count: 1, per: 100 }], timeout: 60_000, clock: stopped }],
    ['an answer that comes drop by drop', { timeout: 60_000, fetch: async () => dripping() }],
  ])('%s', async (_, options) => {
    const server = await testServer()
    if ('budget' in options) await tokens(server, options).token()
    const before = performance.now()
    const outcome = Promise.resolve(tokens(server, { ...options, deadline: 150 }).token())
    await expect(outcome).rejects.toMatchObject({ code: UNAVAILABLE, message: expect.stringContaining('150 ms') })
    expect(performance.now() - before).toBeLessThan(2000)
  })

  test('a vault that never answers', async () => {
    const server = await testServer()
    const { clientSecretPost } = await import('@auth/core')
    const source = tokens(server, { clientAuth: clientSecretPost('a', () => never()), deadline: 100, timeout: 60_000 })
    await expect(source.token()).rejects.toThrow('within 100 ms')
  })

  test('a source of one’s own that never answers', async () => {
    const source = tokenCache({ token: () => never() }, { deadline: 100 })
    await expect(source.token()).rejects.toMatchObject({ code: UNAVAILABLE })
  })

  test('no attempt is started that would end after it', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 503, {})
    const source = tokens(server, { deadline: 300, clock: hastyClock() })
    await expect(source.token()).rejects.toMatchObject({ code: UNAVAILABLE, status: 503 })
    expect(server.tokenRequests).toBe(2)
  })

  test('a wrong deadline is named at once', async () => {
    const server = await testServer()
    expect(() => tokens(server, { deadline: 0 })).toThrow(/^deadline: must be a positive number of milliseconds/)
    expect(() => tokens(server, { deadline: 2 ** 31 })).toThrow(/^deadline: /)
  })
})

describe('a flight that the runtime ends without a sign', () => {
  /** A runtime that cancels the work of the first call: what it waits for never comes. */
  function cancelling(): { token(): Promise<AccessToken>; calls: number } {
    const source = {
      calls: 0,
      token(): Promise<AccessToken> {
        source.calls++
        if (source.calls === 2) return never()
        return Promise.resolve({ value: `token-${source.calls}`, expiresAt: clock.now() + 100_000, lifetime: 100_000 })
      },
    }
    return source
  }
  const clock = manualClock()

  test('in the background: callers who have come to wait for it get a token all the same', async () => {
    const source = cancelling()
    const cached = tokenCache(source, { clock, deadline: 100 })
    expect((await cached.token()).value).toBe('token-1')
    await clock.advance(85_000)
    // Hands out the token, and starts the refresh that never ends.
    expect((await cached.token()).value).toBe('token-1')
    await until(() => source.calls === 2)
    await clock.advance(20_000)
    const waiting = await Promise.all([cached.token(), cached.token()])
    expect(waiting.map(({ value }) => value)).toEqual(['token-3', 'token-3'])
  })

  test('an endpoint’s flight is replaced after the time that one token request may take', async () => {
    const server = await testServer(100)
    const clock = manualClock()
    let sent = 0
    let cancelled = false
    const source = tokens(server, {
      clock,
      timeout: 100,
      deadline: 20_000,
      clientAuth: {
        method: 'own',
        credential: () => ({ id: 'client', secret: 'secret' }),
        // The work of the second request is gone before it is sent: no time limit of its own will ever end it.
        apply() {
          if (++sent !== 2) return undefined
          cancelled = true
          return never()
        },
      },
    })
    await source.token()
    await clock.advance(85_000)
    await source.token()
    await until(() => cancelled)
    await clock.advance(20_000)
    const before = performance.now()
    expect((await Promise.all([source.token(), source.token()])).map(({ value }) => value)).toEqual([
      'token-2',
      'token-2',
    ])
    expect(performance.now() - before).toBeLessThan(5000)
    expect(server.tokenRequests).toBe(2)
  })
})

describe('which rejections by the API are believed', () => {
  test('short-lived tokens that are revoked every 6 s never fail for a minute', async () => {
    const clock = manualClock()
    let issued = 0
    const source = tokenCache(
      {
        token: async () => ({ value: `token-${++issued}`, expiresAt: clock.now() + 5000, lifetime: 5000 }),
      },
      { clock },
    )
    let failed = 0
    let revoked = ''
    for (let ms = 0; ms < 180_000; ms += 100) {
      await clock.advance(100)
      let { value } = await source.token()
      if (ms % 6000 === 3000) revoked = value
      if (value === revoked && (await source.reject(value))) value = (await source.token()).value
      if (value === revoked) failed++
    }
    expect(failed).toBe(0)
  })

  test('a token that had served is replaced at once, however many before it were', async () => {
    const clock = manualClock()
    let issued = 0
    const source = tokenCache(
      { token: async () => ({ value: `token-${++issued}`, expiresAt: clock.now() + 3_600_000 }) },
      { clock },
    )
    for (let i = 1; i <= 10; i++) {
      const { value } = await source.token()
      await clock.advance(61_000)
      expect(await source.reject(value)).toBe(true)
    }
    expect(issued).toBe(11)
  })

  test('tokens rejected as soon as they are issued: three in quick succession, then one a minute', async () => {
    const clock = manualClock()
    let issued = 0
    const source = tokenCache(
      { token: async () => ({ value: `token-${++issued}`, expiresAt: clock.now() + 3_600_000 }) },
      { clock },
    )
    for (let seconds = 0; seconds < 600; seconds += 5) {
      const { value } = await source.token()
      await source.reject(value)
      await clock.advance(5000)
    }
    expect(issued).toBeGreaterThan(8)
    expect(issued).toBeLessThanOrEqual(1 + 3 + 10)
  })
})

describe('a local block', () => {
  test('does not read like a rejection by the carrier', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, { error: 'invalid_client' })
    const clock = manualClock()
    const source = tokens(server, { clock, store: memoryStore({ clock }) })
    await expect(source.token()).rejects.toThrow(
      /^the token endpoint rejected the credentials \(401, invalid_client\): [\d.:]+$/,
    )
    for (let i = 0; i < 3; i++) {
      await expect(source.token()).rejects.toThrow(
        /^no token is requested before 2026-01-01T00:01:00\.000Z: the token endpoint rejected the credentials \(401, invalid_client\): [\d.:]+$/,
      )
    }
    expect(server.tokenRequests).toBe(1)
  })

  test('never names a time that is over while it stands, however the wall clock is set', async () => {
    const server = await testServer()
    server.fault = (_, response) => json(response, 401, { error: 'invalid_client' })
    const clock = manualClock()
    const source = tokens(server, { clock, lockout: 60_000 })
    await expect(source.token()).rejects.toBeInstanceOf(CredentialsRejectedError)
    clock.setWall(clock.now() + 3_600_000)
    await expect(source.token()).rejects.toMatchObject({ retryAt: clock.now() + 60_000 })
    expect(source.status().blockedUntil).toBe(clock.now() + 60_000)
    clock.setWall(clock.now() - 7_200_000)
    await expect(source.token()).rejects.toMatchObject({ retryAt: clock.now() + 60_000 })
    expect(server.tokenRequests).toBe(1)
  })

  test('names the host that could not be reached', async () => {
    const server = await testServer()
    await server.close()
    const host = new URL(server.origin).host
    const source = tokens(server, { clock: hastyClock() })
    await expect(source.token()).rejects.toThrow(`the token endpoint could not be reached (ECONNREFUSED): ${host}`)
  })
})

test('times in events and in the status are whole milliseconds', async () => {
  const server = await testServer()
  const events: AuthEvent[] = []
  const clock = manualClock()
  const odd = Object.assign(Object.create(clock) as typeof clock, { monotonic: () => clock.monotonic() + 0.123 })
  let answers = 0
  server.fault = (_, response) =>
    ++answers === 1 ? json(response, 503, {}) : json(response, 429, {}, { 'retry-after': '1.5' })
  const source = tokens(server, {
    clock: Object.assign(odd, { delay: async () => {} }),
    onEvent: (e) => events.push(e),
  })
  const error = (await Promise.resolve(source.token()).catch((error: unknown) => error)) as TokenEndpointError
  const times = [error.retryAt, source.status().blockedUntil, ...events.map((e) => ('retryAt' in e ? e.retryAt : 0))]
  expect(times.every(Number.isInteger)).toBe(true)
  server.fault = undefined
  await source.reset()
  await source.token()
  expect(Number.isInteger(source.status().refreshAt)).toBe(true)
})

describe('what is read from a store is not trusted', () => {
  const REJECTION = {
    code: 'ERR_AUTH_CREDENTIALS_REJECTED',
    message: 'the token endpoint rejected the credentials (401)',
    retryAt: 0,
  } as const
  const DAY = 86_400_000

  /** A source whose store holds this, and says (or does not) how old it is. */
  async function reading(entry: (now: number) => unknown, age?: number) {
    const clock = manualClock()
    const inner = memoryStore({ clock })
    const store = {
      ...inner,
      get: () => ({ entry: entry(clock.now()) as StoredEntry, version: '1', ...(age !== undefined && { age }) }),
      set: () => '2',
    }
    const server = await testServer()
    return { server, clock, source: tokens(server, { store, clock }) }
  }
  const outcome = (source: ReturnType<typeof tokens>) =>
    Promise.resolve(source.token()).catch((error: CredentialsRejectedError) => error)

  test.each([
    [
      'a lock-out of ten years',
      (now: number) => ({ writtenAt: now, failure: { ...REJECTION, retryAt: now + 3650 * DAY } }),
      undefined,
    ],
    [
      'an old rejection with its time of writing moved back',
      (now: number) => ({ writtenAt: now - 3650 * DAY, failure: { ...REJECTION, retryAt: now } }),
      0,
    ],
    [
      'a time that no clock can show',
      (now: number) => ({ writtenAt: now, failure: { ...REJECTION, retryAt: Number.MAX_VALUE } }),
      0,
    ],
  ])('%s blocks for a day at the most', async (_, entry, age) => {
    const { source, clock } = await reading(entry, age)
    const error = await outcome(source)
    expect(error).toBeInstanceOf(CredentialsRejectedError)
    expect((error as CredentialsRejectedError).retryAt).toBeLessThanOrEqual(clock.now() + DAY)
  })

  test.each([
    ['a time of writing that is none', () => ({ writtenAt: 'now', failure: REJECTION })],
    [
      'a failure with a code of its own',
      (now: number) => ({ writtenAt: now, failure: { ...REJECTION, code: 'X', retryAt: now + 1000 } }),
    ],
    [
      'an entry from the future',
      (now: number) => ({ writtenAt: now + 400 * DAY, failure: { ...REJECTION, retryAt: now + 401 * DAY } }),
    ],
    [
      'a token of megabytes',
      (now: number) => ({ writtenAt: now, token: { value: 'x'.repeat(1e6), expiresAt: now + DAY, lifetime: DAY } }),
    ],
    ['a token without a lifetime', (now: number) => ({ writtenAt: now, token: { value: 'x', expiresAt: now + DAY } })],
    [
      'a token that ends never',
      (now: number) => ({ writtenAt: now, token: { value: 'x', expiresAt: null, lifetime: DAY } }),
    ],
    ['a list', () => []],
  ])('%s counts for nothing', async (_, entry) => {
    const { source } = await reading(entry)
    expect(await outcome(source)).toMatchObject({ value: 'token-1' })
  })

  test('a token lives no longer than tokens do', async () => {
    const { source, clock } = await reading((now) => ({
      writtenAt: now,
      token: { value: 'x', expiresAt: now + 3650 * DAY, lifetime: 3650 * DAY },
    }))
    const token = (await outcome(source)) as AccessToken
    expect(token.value).toBe('x')
    expect(token.expiresAt).toBeLessThanOrEqual(clock.now() + 30 * DAY)
  })

  test.each(['\u001b[2J\u001b[31mgotcha', 'a\nb', '\u202egnp', 'x'.repeat(5000), '', 7])(
    'a message %j is not shown',
    async (message) => {
      const { source } = await reading((now) => ({
        writtenAt: now,
        failure: { ...REJECTION, message, error: 'a\u001bb', status: 1e9, retryAt: now + 1000 },
        rejections: 1e300,
      }))
      const error = (await outcome(source)) as CredentialsRejectedError
      expect(error.message).toMatch(/^no token is requested before \S+: a token request of another process failed$/)
      expect(error).toMatchObject({ error: undefined, status: undefined })
    },
  )
})

/** A response that is under way for good. */
function dripping(): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      controller.enqueue(new TextEncoder().encode(' '))
    },
  })
  return new Response(body)
}
