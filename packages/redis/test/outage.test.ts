import type { AuthEvent, Strategy } from '@auth/core'
import {
  freePort,
  type RedisServer,
  redisCluster,
  redisSentinel,
  redisServer,
  withoutRedis,
} from '@auth/testing/redis-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { redisStore } from '../src/index.ts'
import { type ClientKind, connect, connected, SINGLE, type TestClient } from './support/clients.ts'
import { patientClock } from './support/patient-clock.ts'
import { ORIGIN, strategyOf } from './support/strategy.ts'
import { type TokenEndpoint, tokenEndpoint } from './support/token-endpoint.ts'
import { until } from './support/until.ts'

vi.setConfig({ testTimeout: 180_000 })

/** One process: a client, a store and a strategy of its own. */
interface Process {
  readonly strategy: Strategy
  readonly events: AuthEvent[]
  /** Resolves when its client has a connection. */
  connected(): Promise<void>
  /** Yields the token a call goes out with, and whether it had to wait for that. */
  call(): Promise<{ token: string; waited: boolean }>
  /** How often it waited for Redis as long as it may. */
  waitsSpent(): number
  /** Messages of `store-failed`, and the types of the other events about the store, since the last look. */
  storeEvents(): string[]
}

describe.skipIf(withoutRedis).each(SINGLE)('by %s', (kind) => {
  let redis: RedisServer
  let endpoint: TokenEndpoint
  let account = 0
  /** Redis is gone, or hangs: while this is false, no machine is too slow. */
  let isAway = false
  const clients: TestClient[] = []
  beforeAll(async () => {
    redis = await redisServer()
    endpoint = await tokenEndpoint()
  })
  afterAll(async () => {
    await endpoint?.close()
    await redis?.stop()
  })
  beforeEach(() => {
    account++
    isAway = false
    endpoint.lifetime = 3600
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await redis.stop()
    await redis.start()
  })

  function start(
    ports: number | readonly number[] = redis.port,
    by: ClientKind = kind,
    username = `account-${account}`,
  ): Process {
    const made = connect(by, [ports].flat())
    clients.push(made)
    const events: AuthEvent[] = []
    let spent = 0
    const strategy = strategyOf(
      { username, password: 'right' },
      {
        store: redisStore(made.client),
        tokenEndpoint: endpoint.url,
        clock: patientClock({ isAway: () => isAway, onSpent: () => spent++ }),
        onEvent: (event) => events.push(event),
      },
    )
    let seen = 0
    return {
      strategy,
      events,
      async call() {
        const credentials = strategy.authorize({ url: `${ORIGIN}/`, method: 'GET', headers: {} })
        const { headers } = await credentials
        return {
          token: headers?.authorization?.replace('Bearer ', '') ?? '',
          waited: credentials instanceof Promise,
        }
      },
      connected: () => connected(made),
      waitsSpent: () => spent,
      storeEvents() {
        const news = events.slice(seen).filter(({ type }) => type.startsWith('store-'))
        seen = events.length
        return news.map((event) => (event.type === 'store-failed' ? event.message : event.type))
      },
    }
  }
  /** A process that reaches Redis, which its first call would not wait for longer than 900 ms. */
  async function startConnected(ports?: number | readonly number[], by?: ClientKind): Promise<Process> {
    const process = start(ports, by)
    await process.connected()
    return process
  }
  const requests = (): number => endpoint.requestsOf(`account-${account}`).length
  /** A call that had to do without Redis: it waited for it no longer than it may, and was served. */
  async function servedWithout(process: Process, token: string): Promise<string[]> {
    const before = process.waitsSpent()
    expect((await process.call()).token).toBe(token)
    expect(process.waitsSpent() - before).toBeLessThanOrEqual(1)
    return process.storeEvents()
  }
  /** Redis is used again: what one process has, another gets. */
  async function backInUse(process: Process, token: string): Promise<void> {
    await process.connected()
    await process.strategy.reset()
    expect((await process.call()).token).toBe(token)
    const before = requests()
    expect((await (await startConnected()).call()).token).toBe(token)
    expect(requests()).toBe(before)
  }

  test('Redis that hangs is not waited for, and used again', async () => {
    const one = await startConnected()
    await one.call()
    redis.pause()
    isAway = true
    const two = start()
    expect(await servedWithout(two, `account-${account}-2`)).toEqual([
      expect.stringMatching(/no answer within 1000 ms|NOT_CONNECTED/),
    ])
    // A warm process has not noticed anything.
    expect(await one.call()).toEqual({ token: `account-${account}-1`, waited: false })
    redis.resume()
    isAway = false
    await backInUse(two, `account-${account}-3`)
    expect(two.storeEvents()).toContain('store-recovered')
  })

  test('Redis that hangs in the middle of a token request costs the caller no more than its maxWait', async () => {
    const one = await startConnected()
    const release = endpoint.hold(`account-${account}`)
    const call = one.call()
    await until(() => requests() === 1)
    redis.pause()
    isAway = true
    release()
    expect((await call).token).toBe(`account-${account}-1`)
    expect(one.waitsSpent()).toBe(1)
    redis.resume()
    isAway = false
    // What was written late has been written: it is as good as ever.
    await until(async () => (await redis.command('EVAL', `return #redis.call('KEYS', '*:entry')`, '0')) === '1')
    expect((await (await startConnected()).call()).token).toBe(`account-${account}-1`)
    expect(requests()).toBe(1)
  })

  test('Redis that is down at the start is done without, and used when it comes', async () => {
    const port = await freePort()
    const one = start(port)
    expect(await servedWithout(one, `account-${account}-1`)).toEqual(['RedisError NOT_CONNECTED'])
    const late = await redisServer([], port)
    try {
      await until(async () => {
        await one.strategy.reset()
        await one.call()
        return one.storeEvents().includes('store-recovered')
      })
      const { token } = await one.call()
      expect((await (await startConnected(port)).call()).token).toBe(token)
    } finally {
      await late.stop()
    }
  })

  test('Redis that goes down in the middle is done without, and used when it is back, and empty', async () => {
    const [one, two] = [await startConnected(), await startConnected()]
    await one.call()
    await two.call()
    await redis.stop()
    isAway = true
    expect(await one.call()).toEqual({ token: `account-${account}-1`, waited: false })
    await one.strategy.reset()
    one.storeEvents()
    expect((await servedWithout(one, `account-${account}-2`)).length).toBeGreaterThan(0)
    await redis.start()
    isAway = false
    await until(async () => {
      await one.strategy.reset()
      await one.call()
      return one.storeEvents().includes('store-recovered')
    })
    const { token } = await one.call()
    // Two has its token still, which is as good as it was; a new process takes the shared one.
    expect((await two.call()).token).toBe(`account-${account}-1`)
    expect((await (await startConnected()).call()).token).toBe(token)
  })

  test.each([
    ['because its memory is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'OOM'],
    ['because it is a replica now', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 'READONLY'],
  ] as const)(
    'Redis that refuses to write %s is done without, and used when it writes',
    async (_, harm, mend, code) => {
      const one = await startConnected()
      await one.call()
      // The lease is given back behind the caller's back.
      await until(async () => (await redis.command('EVAL', `return #redis.call('KEYS', '*:lease')`, '0')) === '0')
      await redis.command(...harm)
      await one.strategy.reset()
      one.storeEvents()
      // What the reset could not remove is in Redis still, and as good as it was.
      await one.call()
      const other = await startConnected()
      await other.strategy.reset()
      await other.call()
      expect([...one.storeEvents(), ...other.storeEvents()]).toContain(`RedisError ${code}`)
      await redis.command(...mend)
      await backInUse(one, `account-${account}-${requests() + 1}`)
    },
  )

  test('Redis that evicts keys costs a token request, and poisons nothing', async () => {
    const one = await startConnected()
    await one.call()
    const used = Number(/used_memory:(\d+)/.exec(await redis.command('INFO', 'memory'))?.[1])
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await redis.command('CONFIG', 'SET', 'maxmemory', String(used + 500_000))
    const ours = async (): Promise<string> => redis.command('EVAL', `return #redis.call('KEYS', 'auth:*')`, '0')
    for (let i = 0; (await ours()) !== '0'; i++) await redis.command('SET', `junk-${i}`, 'x'.repeat(10_000))
    expect((await one.call()).token).toBe(`account-${account}-1`)
    const two = await startConnected()
    expect((await two.call()).token).toBe(`account-${account}-2`)
    expect(requests()).toBe(2)
    expect((await one.call()).token).toBe(`account-${account}-1`)
  })

  test('a Cluster that loses the node with the token is done without', async () => {
    const nodes = await redisCluster()
    const ports = nodes.map(({ port }) => port)
    const byCluster = kind.startsWith('ioredis') ? 'ioredis cluster' : 'redis cluster'
    try {
      for (let process = 0; process < 2; process++) {
        expect((await (await startConnected(ports, byCluster)).call()).token).toBe(`account-${account}-1`)
      }
      const sizes = await Promise.all(nodes.map((node) => node.command('DBSIZE')))
      await nodes[sizes.findIndex((size) => size !== '0')]?.stop()
      isAway = true
      const late = start(ports, byCluster)
      expect((await servedWithout(late, `account-${account}-2`)).length).toBeGreaterThan(0)
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  })

  test('a fail-over by Sentinel is survived: calls are served throughout, and the new master has what the old one had', async () => {
    const replica = await redisServer(['--replicaof', `127.0.0.1 ${redis.port}`])
    const sentinel = await redisSentinel(redis)
    const bySentinel = kind.startsWith('ioredis') ? 'ioredis sentinel' : 'redis sentinel'
    try {
      await until(async () => (await sentinel.command('INFO', 'sentinel')).includes('slaves=1'))
      const first = await startConnected(sentinel.port, bySentinel)
      expect((await first.call()).token).toBe(`account-${account}-1`)
      expect(first.storeEvents()).toEqual([])
      await until(async () => (await replica.command('EVAL', `return #redis.call('KEYS', '*:entry')`, '0')) === '1')
      await redis.stop()
      isAway = true
      await sentinel.command('SENTINEL', 'SET', 'main', 'down-after-milliseconds', '300')
      const master = (): Promise<string> => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')
      for (let n = 1; n === 1 || (await master()) !== String(replica.port); n++) {
        // Each a process of an account of its own, that has nothing at hand.
        const late = start(sentinel.port, bySentinel, `account-${account}-${n}`)
        expect((await late.call()).token).toBe(`account-${account}-${n}-1`)
        expect(late.waitsSpent()).toBeLessThanOrEqual(2)
        expect((await first.call()).token).toBe(`account-${account}-1`)
      }
      await until(async () => (await replica.command('INFO', 'replication')).includes('role:master'))
      isAway = false
      const last = await startConnected(sentinel.port, bySentinel)
      expect((await last.call()).token).toBe(`account-${account}-1`)
      expect(last.storeEvents()).toEqual([])
    } finally {
      await sentinel.stop()
      await replica.stop()
    }
  })
})
