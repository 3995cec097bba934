import {
  type AuthEvent,
  bearer,
  ConfigurationError,
  clientSecretPost,
  type createStrategy,
  defineCarrier,
  memoryStore,
  type RateLimit,
  type TokenStore,
} from '@auth/core'
import { describe, expect, test } from 'vitest'
import { type TestServer, testServer, tokens } from '../support/authorization-server.ts'
import { type ManualClock, manualClock, settle, until } from '../support/clock.ts'
import { json } from '../support/loopback.ts'

const second: RateLimit = { count: 3, per: 1000 }
const hour: RateLimit = { count: 5, per: 3_600_000 }

// packages/core: a lease is renewed every third of 5 s while a token request is on the wire. What is waited for between
// two requests takes less.
const RENEWAL = 5000 / 3

/** Sources of as many accounts, each a store of its own making or `store`. */
function accounts(server: TestServer, n: number, options: Parameters<typeof tokens>[1]): ReturnType<typeof tokens>[] {
  return Array.from({ length: n }, (_, i) =>
    tokens(server, { clientAuth: clientSecretPost(`client-${i}`, 'secret'), ...options }),
  )
}

/** Advances by steps of 10 ms, and says when each token request came. */
async function arrivals(server: TestServer, clock: ManualClock, ms: number): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < ms; at += 10) {
    while (times.length < server.tokenRequests) times.push(at)
    await clock.advance(10)
    await settle()
  }
  return times
}

describe.each([
  ['of a process without a store', (_: ManualClock) => undefined],
  ['in a store', (clock: ManualClock) => memoryStore({ clock })],
])('a budget %s', (_, storeOn) => {
  test('is shared by the accounts at a token endpoint: those over it wait for their turn', async () => {
    const server = await testServer()
    const clock = manualClock()
    const events: AuthEvent[] = []
    const onEvent = (event: AuthEvent): void => void events.push(event)
    const all = accounts(server, 9, { clock, store: storeOn(clock), budget: [second], onEvent })
    const issued = Promise.all(all.map((source) => source.token()))
    await until(() => events.filter(({ type }) => type === 'token-request-queued').length === 6)
    await until(() => server.tokenRequests === 3)
    const times = await arrivals(server, clock, 3000)
    expect(new Set((await issued).map((token) => token.value)).size).toBe(9)
    for (const [i, at] of times.slice(3).entries()) expect(at - (times[i] as number)).toBeGreaterThanOrEqual(1000)
  })

  test('that is spent for longer than a call may wait is a THROTTLED with the time of the next turn', async () => {
    const server = await testServer()
    const clock = manualClock()
    const start = clock.now()
    const all = accounts(server, 6, { clock, store: storeOn(clock), budget: [hour] })
    for (const source of all.slice(0, 5)) await source.token()
    const late = all[5] as ReturnType<typeof tokens>
    await expect(late.token()).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
      retryAt: start + 3_600_250,
      message: 'the budget of the token endpoint (5 in 3600000 ms) is spent',
    })
    expect(server.tokenRequests).toBe(5)
    await clock.advance(3_600_251)
    expect((await late.token()).value).toBe('token-6')
  })

  test('counts every attempt, and holds all limits at once', async () => {
    const server = await testServer()
    const clock = manualClock()
    server.fault = (_, response) => json(response, 503, {})
    const [one, two] = accounts(server, 2, { clock, store: storeOn(clock), budget: [second, hour] })
    for (const source of [one, two]) {
      const failed = expect(source?.token()).rejects.toThrow()
      let over = false
      void failed.finally(() => {
        over = true
      })
      // Time passes between token requests only: one that is under way ends by its answer, however slow the machine.
      const isBetween = (): boolean => clock.pending.some((ms) => ms < RENEWAL - 1)
      while (!over) await (isBetween() ? clock.advance(200) : settle())
      await failed
    }
    // Three of the first, two of the second, and then the hour's five are gone.
    expect(server.tokenRequests).toBe(5)
  })

  test('leaves a good token alone when a refresh ahead is over it', async () => {
    const server = await testServer(3600)
    const clock = manualClock()
    const [one] = accounts(server, 1, { clock, store: storeOn(clock), budget: [{ count: 1, per: 86_400_000 }] })
    await one?.token()
    await clock.advance(3_600_000 - 200_000)
    one?.token()
    await until(() => one?.status().lastFailure !== undefined)
    expect((await one?.token())?.value).toBe('token-1')
    expect(one?.status()).toMatchObject({ state: 'fresh', lastFailure: { code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' } })
    expect(server.tokenRequests).toBe(1)
  })
})

test('a store that fails leaves each process its own budget', async () => {
  const server = await testServer()
  const clock = manualClock()
  const broken = (): never => {
    throw new Error('down')
  }
  const store: TokenStore = { shared: false, get: broken, set: broken, lease: broken }
  const all = accounts(server, 6, { clock, store, budget: [hour] })
  for (const source of all.slice(0, 5)) await source.token()
  await expect(all[5]?.token()).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' })
})

test('the budgets of two token endpoints are two', async () => {
  const [server, other] = [await testServer(), await testServer()]
  const clock = manualClock()
  const store = memoryStore({ clock })
  for (const source of accounts(server, 5, { clock, store, budget: [hour] })) await source.token()
  for (const source of accounts(other, 5, { clock, store, budget: [hour] })) await source.token()
  expect([server.tokenRequests, other.tokenRequests]).toEqual([5, 5])
})

test('a carrier declares its own, and an option overrides it', async () => {
  const server = await testServer()
  const carrier = defineCarrier<{ name: string; secret: string }>({
    id: 'frugal',
    secrets: { name: () => {}, secret: () => {} },
    options: [],
    budget: [{ count: 1, per: 3_600_000 }],
    deployment: () => ({ origins: [server.origin], tokenEndpoint: `${server.origin}/token` }),
    layers: ({ name, secret }, { oauth2 }) => [bearer(oauth2({ clientAuth: clientSecretPost(name, secret) }))],
  })
  const clock = manualClock()
  const call = (
    name: string,
    budget?: readonly RateLimit[],
  ): ReturnType<ReturnType<typeof createStrategy>['authorize']> =>
    carrier(
      { name, secret: 's' },
      { clock, allowInsecureLoopback: true, ...(budget !== undefined && { budget }) },
    ).authorize({ url: `${server.origin}/`, method: 'GET', headers: {} })
  await call('one')
  await expect(call('two')).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' })
  await call('three', [])
  expect(server.tokenRequests).toBe(2)
})

test.each([
  ['no list', { count: 1, per: 1 }],
  ['no count', [{ per: 1000 }]],
  ['a broken count', [{ count: 1.5, per: 1000 }]],
  ['nothing at all', [{ count: 0, per: 1000 }]],
  ['no period', [{ count: 1, per: 0 }]],
  ['an endless period', [{ count: 1, per: Number.POSITIVE_INFINITY }]],
  ['too many', [{ count: 1e9, per: 1000 }]],
])('%s is a ConfigurationError that names the option', async (_, budget) => {
  const server = await testServer()
  expect(() => tokens(server, { budget: budget as RateLimit[] })).toThrow(
    expect.objectContaining({ name: ConfigurationError.name, option: 'budget' }),
  )
})
