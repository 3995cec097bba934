import { type RedisServer, redisCluster, redisServer, withoutRedis } from '@auth/testing/redis-server'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientKind } from './support/clients.ts'
import { type Fleet, type FleetProcess, startFleet } from './support/fleet.ts'
import type { Report } from './support/orders.ts'
import { type TokenEndpoint, tokenEndpoint } from './support/token-endpoint.ts'
import { until } from './support/until.ts'

const FLEETS: readonly (readonly [size: number, kind: ClientKind])[] = [
  [20, 'redis single'],
  [5, 'ioredis cluster'],
]
// Between the 5 s that a lease outlives its holder and the two minutes after which nobody waits for it any more.
const MUCH_LESS_THAN_THE_DEADLINE = 60_000

vi.setConfig({ testTimeout: 180_000 })

const tokensOf = (reports: readonly Report[]): string[] => [
  ...new Set(reports.flatMap((report) => report.tokens ?? [])),
]
const codesOf = (reports: readonly Report[]): string[] =>
  reports.flatMap((report) => (report.failures ?? []).map(({ code }) => code))

describe.skipIf(withoutRedis).each(FLEETS)('a fleet of %i processes, by %s', (SIZE, kind) => {
  let redis: readonly RedisServer[] = []
  let endpoint: TokenEndpoint
  let fleet: Fleet
  let accounts = 0
  let account = ''

  beforeAll(async () => {
    redis = kind.endsWith('cluster') ? await redisCluster() : [await redisServer()]
    endpoint = await tokenEndpoint()
    fleet = await startFleet(SIZE, { kind, ports: redis.map(({ port }) => port) })
  })
  afterAll(async () => {
    await fleet?.end()
    await endpoint?.close()
    await Promise.all(redis.map((node) => node.stop()))
  })
  beforeEach(() => {
    account = `account-${++accounts}`
    endpoint.mode = 'issue'
    endpoint.lifetime = 3600
  })

  const open = (processes: readonly FleetProcess[] = fleet.processes, options = {}): Promise<unknown> =>
    Promise.all(processes.map((one) => one.ask({ do: 'open', account, tokenEndpoint: endpoint.url, ...options })))

  /** When the requests of the budget that was spent `times` may start, in epoch ms, as Redis has them. */
  async function grantedTurns(times: number): Promise<number[]> {
    const script = `local all = {}
      for _, key in ipairs(redis.call('KEYS', '*.budget}:lease')) do
        all[#all + 1] = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
      end
      return cjson.encode(all)`
    const kept = await Promise.all(redis.map((node) => node.command('EVAL', script, '0')))
    const budgets = kept.flatMap((text) => Object.values(JSON.parse(text)) as string[][])
    const spent = budgets.find(({ length }) => length === 2 * times) ?? []
    return spent.filter((_, i) => i % 2 === 1).map(Number)
  }

  test('makes one token request when all start at once, and everybody is served', async () => {
    await open()
    const reports = await fleet.ask({ do: 'call', account, times: 20 })
    expect(endpoint.requestsOf(account)).toHaveLength(1)
    expect(reports.flatMap((report) => report.tokens)).toHaveLength(SIZE * 20)
    expect(tokensOf(reports)).toEqual([`${account}-1`])
  })

  test('makes one at every refresh, for which nobody waits', async () => {
    await open()
    await fleet.ask({ do: 'call', account })
    for (let refresh = 1; refresh <= 3; refresh++) {
      await fleet.ask({ do: 'advance', ms: 3_600_000 - 200_000 })
      const held = endpoint.hold(account)
      const reports = await fleet.ask({ do: 'call', account, times: 20 })
      // The token endpoint has not answered yet, and all have been served.
      expect(tokensOf(reports)).toEqual([`${account}-${refresh}`])
      held()
      await until(async () => {
        const now = await fleet.ask({ do: 'call', account })
        return tokensOf(now).join() === `${account}-${refresh + 1}`
      })
      expect(endpoint.requestsOf(account)).toHaveLength(refresh + 1)
    }
  })

  test('makes one when the token has expired, and nobody gets the old one', async () => {
    await open()
    await fleet.ask({ do: 'call', account })
    await fleet.ask({ do: 'advance', ms: 3_600_000 })
    const reports = await fleet.ask({ do: 'call', account, times: 20 })
    expect(tokensOf(reports)).toEqual([`${account}-2`])
    expect(endpoint.requestsOf(account)).toHaveLength(2)
  })

  test('makes one login attempt with a wrong password, of 20 callers in each', async () => {
    await open(fleet.processes, { password: 'wrong' })
    endpoint.mode = 'refuse'
    const reports = await fleet.ask({ do: 'call', account, times: 20 })
    expect(endpoint.requestsOf(account)).toHaveLength(1)
    expect(codesOf(reports)).toEqual(new Array(SIZE * 20).fill('ERR_AUTH_CREDENTIALS_REJECTED'))
    for (const { failures = [] } of reports) {
      for (const { retryIn } of failures) expect(retryIn).toBeGreaterThan(3_500_000)
    }
    const later = await fleet.ask({ do: 'call', account })
    expect(codesOf(later)).toHaveLength(SIZE)
    expect(endpoint.requestsOf(account)).toHaveLength(1)
  })

  test('tries a changed password at once, and only once', async () => {
    await open(fleet.processes, { password: 'wrong' })
    endpoint.mode = 'refuse'
    await fleet.ask({ do: 'call', account })
    endpoint.mode = 'issue'
    await open(fleet.processes, { password: 'right' })
    const reports = await fleet.ask({ do: 'call', account, times: 5 })
    expect(tokensOf(reports)).toEqual([`${account}-2`])
    expect(endpoint.requestsOf(account)).toHaveLength(2)
  })

  test('tries again after a reset in one of them', async () => {
    await open(fleet.processes, { password: 'unlocked by the carrier' })
    endpoint.mode = 'refuse'
    await fleet.ask({ do: 'call', account })
    endpoint.mode = 'issue'
    await fleet.processes[2]?.ask({ do: 'reset', account })
    // A rejection that others reported is believed for a second.
    await until(async () => codesOf(await fleet.ask({ do: 'call', account })).length === 0)
    expect(endpoint.requestsOf(account)).toHaveLength(2)
  })

  test('shares throttling', async () => {
    await open(fleet.processes, { budget: [{ count: 1, per: 3_600_000 }] })
    await fleet.processes[0]?.ask({ do: 'call', account })
    await fleet.processes[1]?.ask({ do: 'reset', account })
    const reports = await Promise.all(fleet.processes.slice(1).map((one) => one.ask({ do: 'call', account, times: 5 })))
    expect(new Set(codesOf(reports))).toEqual(new Set(['ERR_AUTH_TOKEN_ENDPOINT_THROTTLED']))
    expect(endpoint.requestsOf(account)).toHaveLength(1)
  })

  test('drops a token that one of them was refused for all: one token request, and no other refreshes again', async () => {
    await open()
    await fleet.ask({ do: 'call', account })
    const token = `${account}-1`
    const recovered = await fleet.ask({ do: 'refused', account, token })
    expect(recovered.map((report) => report.recovered)).toEqual(new Array(SIZE).fill(true))
    expect(tokensOf(await fleet.ask({ do: 'call', account }))).toEqual([`${account}-2`])
    // A late 401 for the old one.
    expect((await fleet.processes[3]?.ask({ do: 'refused', account, token }))?.recovered).toBe(true)
    expect(endpoint.requestsOf(account)).toHaveLength(2)
  })

  test('shares the outcome of a token request that fails: three attempts, however many wait', async () => {
    await open()
    endpoint.mode = 'fail'
    const release = endpoint.hold(account)
    const failed = fleet.ask({ do: 'call', account, times: 5 })
    await until(() => endpoint.requestsOf(account).length === 1)
    release()
    expect(new Set(codesOf(await failed))).toEqual(new Set(['ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE']))
    expect(endpoint.requestsOf(account)).toHaveLength(3)
  })

  test('holds the budget of a token endpoint: 3 per second and as many an hour as half the fleet', async () => {
    // Another path, so that it is another token endpoint than that of the other tests.
    const tokenEndpoint = `${endpoint.url}/${account}`
    const half = Math.floor(SIZE / 2)
    const budget = [
      { count: 3, per: 1000 },
      { count: half, per: 3_600_000 },
    ]
    const own = (i: number): string => `${account}-of-${i}`
    await Promise.all(fleet.processes.map((one, i) => one.ask({ do: 'open', account: own(i), tokenEndpoint, budget })))
    const before = endpoint.seen.length
    const reports = await Promise.all(
      fleet.processes.map((one, i) => one.ask({ do: 'call', account: own(i), times: 3 })),
    )
    const arrived = endpoint.seen.slice(before).map(({ at }) => at)
    const turns = await grantedTurns(half)
    expect(turns).toHaveLength(half)
    for (let i = 3; i < half; i++) expect((turns[i] as number) - (turns[i - 3] as number)).toBeGreaterThanOrEqual(1100)
    // Nobody went before his turn; many processes on few cores are late now and then.
    expect(arrived).toHaveLength(half)
    for (const [i, turn] of turns.entries()) expect(arrived[i]).toBeGreaterThanOrEqual(turn)
    const served = reports.filter((report) => report.tokens?.length === 3)
    const throttled = reports.filter((report) => report.failures?.length === 3)
    expect([served.length, throttled.length]).toEqual([half, SIZE - half])
    for (const { failures = [] } of throttled) {
      for (const { code, retryIn } of failures) {
        expect(code).toBe('ERR_AUTH_TOKEN_ENDPOINT_THROTTLED')
        expect(retryIn).toBeGreaterThan(3_500_000)
      }
    }
  })

  // Both wait for the end of a lease, so they do it side by side.
  if (SIZE < 20) return
  describe('whose processes are killed or paused', () => {
    test.concurrent('replaces a process that is killed in the middle of a token request, when its lease ends', async () => {
      const account = 'of-a-killed-process'
      const processes = fleet.processes.slice(0, -4)
      await open(processes, { account })
      const release = endpoint.hold(account)
      const started = performance.now()
      const calls = processes.map((one) => one.ask({ do: 'call', account, times: 5 }))
      await until(() => endpoint.requestsOf(account).length === 1)
      const holder = endpoint.requestsOf(account)[0]?.from
      const victim = processes.find(({ pid }) => pid === holder) as FleetProcess
      victim.signal('SIGKILL')
      release()
      const survivors = calls.filter((_, i) => processes[i] !== victim)
      const reports = await Promise.all(survivors)
      expect(performance.now() - started).toBeLessThan(MUCH_LESS_THAN_THE_DEADLINE)
      expect(tokensOf(reports)).toEqual([`${account}-2`])
      expect(codesOf(reports)).toEqual([])
      expect(endpoint.requestsOf(account)).toHaveLength(2)
    })

    test.concurrent('keeps the newer token when a process that was paused comes back with an older one', async () => {
      const account = 'of-a-paused-process'
      const processes = fleet.processes.slice(-4)
      const [first, ...others] = processes as [FleetProcess, ...FleetProcess[]]
      await open(processes, { account })
      const release = endpoint.hold(account)
      const late = first.ask({ do: 'call', account })
      await until(() => endpoint.requestsOf(account).length === 1)
      first.signal('SIGSTOP')
      const served = Promise.all(others.slice(0, 2).map((one) => one.ask({ do: 'call', account })))
      await until(() => endpoint.requestsOf(account).length === 2)
      release()
      expect(tokensOf(await served)).toEqual([`${account}-2`])
      first.signal('SIGCONT')
      expect((await late).tokens).toEqual([`${account}-1`])
      // One that asks the store only now.
      expect((await others[2]?.ask({ do: 'call', account }))?.tokens).toEqual([`${account}-2`])
      expect(endpoint.requestsOf(account)).toHaveLength(2)
    })
  })
})
