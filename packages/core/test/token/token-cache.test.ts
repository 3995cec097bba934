import type { AccessToken, AuthEvent } from '@auth/core'
import { tokenCache } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { call, strategyFor, testServer, tokens } from '../support/authorization-server.ts'
import { hastyClock, manualClock, settle, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

const value = async (token: AccessToken | Promise<AccessToken>): Promise<string> => (await token).value

describe('one flight', () => {
  test('1 000 concurrent cold callers cost one token request, and share its token', async () => {
    const server = await testServer()
    const source = tokens(server)
    const values = await Promise.all(Array.from({ length: 1000 }, () => value(source.token())))
    expect(new Set(values)).toEqual(new Set(['token-1']))
    expect(server.tokenRequests).toBe(1)
  })

  test('a token at hand is handed out synchronously', async () => {
    const server = await testServer()
    const source = tokens(server)
    await source.token()
    expect(source.token()).not.toBeInstanceOf(Promise)
  })

  test('a failed flight fails those who wait for it, and not the next call', async () => {
    const server = await testServer()
    const source = tokens(server, { clock: hastyClock() })
    server.fault = (_, response) => json(response, 500, {})
    const failures = await Promise.allSettled([source.token(), source.token()])
    expect(failures.map((failure) => failure.status === 'rejected' && failure.reason.code)).toEqual([
      'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
      'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
    ])
    server.fault = undefined
    expect(await value(source.token())).toBe('token-1')
  })
})

describe('401', () => {
  test('100 calls in flight with a revoked token, their 401s spread out, cost one token request and no failed call', async () => {
    const server = await testServer()
    const strategy = strategyFor(server)
    await strategy.authorize({ url: server.origin, method: 'GET', headers: {} })
    server.revoked.add('token-1')
    // Each 401 arrives in a turn of the event loop of its own, the last long after the first was recovered.
    const statuses = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        call(strategy, `${server.origin}/api`, async () => {
          for (let turn = 0; turn < i * 3; turn++) await new Promise((resolve) => setImmediate(resolve))
        }),
      ),
    )
    expect(statuses.every((status) => status === 200)).toBe(true)
    expect(server.tokenRequests).toBe(2)
  })

  test('a server that answers 401 to everything costs a bounded number of token requests, and the caller gets the 401', async () => {
    const server = await testServer()
    const clock = manualClock()
    const strategy = strategyFor(server, { clock })
    for (let i = 0; i < 50; i++) {
      for (const token of server.issued) server.revoked.add(token)
      const status = await call(strategy, `${server.origin}/api`, async () => {
        for (const token of server.issued) server.revoked.add(token)
      })
      if (i > 3) expect(status).toBe(401)
    }
    expect(server.tokenRequests).toBe(1 + 3)
    // After a while a refusal is believed again: the server may have been mended, or revoked the token in earnest.
    await clock.advance(60_000)
    server.revoked.clear()
    server.revoked.add(server.issued.at(-1) as string)
    expect(await call(strategy, `${server.origin}/api`)).toBe(200)
    expect(server.tokenRequests).toBe(1 + 3 + 1)
  })

  test('a 401 for a token that has been replaced meanwhile costs nothing', async () => {
    const server = await testServer()
    const source = tokens(server)
    const first = await value(source.token())
    expect(await source.reject(first)).toBe(true)
    expect(await source.reject(first)).toBe(true)
    expect(server.tokenRequests).toBe(2)
    expect(await value(source.token())).toBe('token-2')
  })

  test('a 401 that no new token can answer is not recovered, and throws nothing', async () => {
    const server = await testServer()
    const source = tokens(server, { clock: hastyClock() })
    const first = await value(source.token())
    server.fault = (_, response) => json(response, 401, { error: 'invalid_client' })
    expect(await source.reject(first)).toBe(false)
  })

  test('a token endpoint that issues the refused token again does not recover it', async () => {
    const server = await testServer()
    const source = tokens(server)
    const first = await value(source.token())
    server.fault = (_, response) => json(response, 200, { access_token: first, token_type: 'Bearer', expires_in: 3600 })
    expect(await source.reject(first)).toBe(false)
  })
})

describe('two windows', () => {
  test('inside the refresh-ahead window nobody waits and one background refresh runs', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    await clock.advance(3600_000 - 239_000)
    const open = server.hold()
    for (let i = 0; i < 100; i++) expect((source.token() as AccessToken).value).toBe('token-1')
    await until(() => server.tokenRequests === 2)
    expect(source.status().state).toBe('refreshing')
    open()
    await until(() => (source.token() as AccessToken).value === 'token-2')
    expect(server.tokenRequests).toBe(2)
  })

  test('when the background refresh fails the token is served until the hard margin, and attempts back off', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    server.fault = (_, response) => json(response, 503, {})
    await clock.advance(3600_000 - 300_000)
    let steps = 0
    for (; steps < 289; steps++) {
      expect((source.token() as AccessToken).value).toBe('token-1')
      await until(() => source.status().state !== 'refreshing')
      await clock.advance(1000)
    }
    // 1, 2, 4, … 60 s apart, less their jitter: far fewer than the 289 seconds.
    expect(server.tokenRequests).toBeGreaterThan(5)
    expect(server.tokenRequests).toBeLessThan(22)
    await clock.advance(2000)
    expect(source.token()).toBeInstanceOf(Promise)
  })

  test('at the hard margin callers wait for the background refresh, and if it fails for a request of their own', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    await clock.advance(3600_000 - 239_000)
    const open = server.hold()
    source.token()
    await until(() => server.tokenRequests === 2)
    await clock.advance(230_000)
    const waiting = source.token()
    expect(waiting).toBeInstanceOf(Promise)
    let failures = 0
    server.fault = (_, response) => {
      failures++
      server.fault = undefined
      json(response, 500, {})
    }
    open()
    expect(await value(waiting)).toBe('token-2')
    expect(failures).toBe(1)
  })

  test.each([
    // seconds of life, hours watched, a call a second: requests that make sense, from one a lifetime to one a window
    [30, 1, 120, 160],
    [60, 1, 60, 80],
    [300, 2, 24, 32],
    [3599, 24, 24, 28],
    [864_000, 24 * 20, 2, 3],
  ])('a token of %i s costs a sensible number of requests in %i h', async (seconds, hours, atLeast, atMost) => {
    const clock = manualClock()
    let requests = 0
    const source = tokenCache(
      {
        token: () => {
          requests++
          return { value: `token-${requests}`, expiresAt: clock.now() + seconds * 1000, lifetime: seconds * 1000 }
        },
      },
      { clock },
    )
    await source.token()
    const step = Math.min(seconds * 20, 60_000)
    for (let elapsed = 0; elapsed < hours * 3_600_000; elapsed += step) {
      await source.token()
      // The source answers at once: what it starts is done when the microtasks are.
      await Promise.resolve()
      await clock.advance(step)
    }
    expect(requests).toBeGreaterThanOrEqual(atLeast)
    expect(requests).toBeLessThanOrEqual(atMost)
  })

  test.each([0, -1, -3600])('expires_in %i serves those who wait and is not kept', async (lifetime) => {
    const server = await testServer(lifetime)
    const source = tokens(server)
    expect(await Promise.all([value(source.token()), value(source.token())])).toEqual(['token-1', 'token-1'])
    expect(await value(source.token())).toBe('token-2')
  })
})

describe('two clocks', () => {
  const HOUR = 3_600_000

  test.each([
    ['back', -HOUR],
    ['forward', HOUR],
  ])('the wall clock set %s by an hour leads neither to an expired token nor to a storm', async (_, jump) => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    let issuedAt = clock.monotonic()
    clock.setWall(clock.now() + jump)
    for (let i = 0; i < 120; i++) {
      const before = server.tokenRequests
      await source.token()
      await until(() => source.status().state !== 'refreshing')
      if (server.tokenRequests > before) issuedAt = clock.monotonic()
      expect(clock.monotonic() - issuedAt).toBeLessThan(HOUR)
      await clock.advance(60_000)
    }
    expect(server.tokenRequests).toBeLessThanOrEqual(4)
  })

  test('after a suspension, in which only the wall clock went on, the expired token is not sent', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    await source.token()
    clock.setWall(clock.now() + 2 * HOUR)
    expect(source.token()).toBeInstanceOf(Promise)
    await settle()
  })

  test('the lifetime counts from before the token request was sent', async () => {
    const server = await testServer(100)
    const clock = manualClock()
    const source = tokens(server, { clock })
    const open = server.hold()
    const first = source.token()
    await until(() => server.tokenRequests === 1)
    await clock.advance(80_000)
    open()
    await first
    await clock.advance(11_000)
    expect(await value(source.token())).toBe('token-2')
  })
})

describe('cancellation', () => {
  test('one caller’s abort ends his wait at once and harms nobody else', async () => {
    const server = await testServer()
    const source = tokens(server)
    const open = server.hold()
    const controller = new AbortController()
    const aborted = source.token({ signal: controller.signal })
    const patient = source.token()
    await until(() => server.tokenRequests === 1)
    controller.abort(new Error('the caller went away'))
    await expect(aborted).rejects.toThrow('the caller went away')
    open()
    expect(await value(patient)).toBe('token-1')
    expect(server.tokenRequests).toBe(1)
  })

  test('a caller who has gone before he asks costs no token request', async () => {
    const server = await testServer()
    const source = tokens(server)
    await expect(source.token({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
    await settle()
    expect(server.tokenRequests).toBe(0)
  })

  test('when every caller has gone the flight still ends in the cache', async () => {
    const server = await testServer()
    const source = tokens(server)
    const open = server.hold()
    const controller = new AbortController()
    const aborted = source.token({ signal: controller.signal })
    await until(() => server.tokenRequests === 1)
    controller.abort(new Error('gone'))
    await expect(aborted).rejects.toThrow('gone')
    open()
    await until(() => source.status().state === 'fresh')
    expect(server.tokenRequests).toBe(1)
  })
})

describe('events, status and reset', () => {
  test('the events answer why a token was requested', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const events: AuthEvent[] = []
    const source = tokens(server, { clock, onEvent: (event) => events.push(event) })
    await source.token()
    await clock.advance(3600_000 - 200_000)
    source.token()
    await until(() => server.issued.length === 2 && source.status().state === 'fresh')
    await source.reject('token-2')
    await clock.advance(4_000_000)
    await source.token()
    await source.reset()
    await source.token()
    const requested = events.filter((event) => event.type === 'token-requested').map((event) => event.reason)
    expect(requested).toEqual(['cold', 'refresh-ahead', 'rejected', 'expired', 'reset'])
    expect(events.filter((event) => event.type === 'token-issued')).toHaveLength(5)
    expect(events.every((event) => event.id === 'oauth2' && event.at > 0)).toBe(true)
  })

  test('a listener that throws disturbs nobody', async () => {
    const server = await testServer()
    const source = tokens(server, {
      onEvent() {
        throw new Error('listener')
      },
    })
    expect(await value(source.token())).toBe('token-1')
  })

  test('a listener whose promise is rejected ends no process', async () => {
    const server = await testServer()
    const source = tokens(server, { onEvent: () => Promise.reject(new Error('listener')) })
    expect(await value(source.token())).toBe('token-1')
    // An unhandled rejection fails the test run.
    await settle()
  })

  test('status tells state and times', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const source = tokens(server, { clock })
    expect(source.status()).toEqual({ state: 'empty' })
    await source.token()
    const { state, expiresAt, refreshAt } = source.status()
    expect(state).toBe('fresh')
    expect(expiresAt).toBe(clock.now() + 3_600_000)
    expect(refreshAt).toBeGreaterThanOrEqual(clock.now() + 3_300_000)
    expect(refreshAt).toBeLessThanOrEqual(clock.now() + 3_360_000)
    await clock.advance(3_600_000)
    expect(source.status().state).toBe('expired')
  })

  test('what a flight brings that started before a reset is handed over but not kept', async () => {
    const server = await testServer()
    const source = tokens(server)
    const open = server.hold()
    const before = source.token()
    await until(() => server.tokenRequests === 1)
    await source.reset()
    open()
    expect(await value(before)).toBe('token-1')
    expect(await value(source.token())).toBe('token-2')
  })
})

describe('a source of the user’s own', () => {
  test('may leave the lifetime out', async () => {
    const clock = manualClock()
    let requests = 0
    const source = tokenCache(
      { token: async () => ({ value: `t${++requests}`, expiresAt: clock.now() + 100_000 }) },
      { clock },
    )
    expect(await value(source.token())).toBe('t1')
    await clock.advance(70_000)
    expect(await value(source.token())).toBe('t1')
    await clock.advance(30_000)
    expect(await value(source.token())).toBe('t2')
  })

  test.each([
    [undefined],
    [{}],
    [{ value: '', expiresAt: 1 }],
    [{ value: 'x', expiresAt: Number.NaN }],
    [{ value: 1, expiresAt: 1 }],
  ])('that yields %o is told so', async (token) => {
    const source = tokenCache({ token: async () => token as never })
    await expect(source.token()).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID' })
  })
})
