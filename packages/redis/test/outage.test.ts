import type { AuthEvent, Strategy } from '@auth/core'
import {
  freePort,
  type RedisServer,
  redisCluster,
  redisSentinel,
  redisServer,
  withoutRedis,
} from '@auth/testing/redis-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.ts'
import { type ClientKind, connect, SINGLE, type TestClient } from './support/clients.ts'
import { ORIGIN, strategyOf } from './support/strategy.ts'
import { type TokenEndpoint, tokenEndpoint } from './support/token-endpoint.ts'
import { until } from './support/until.ts'

// packages/core: how long a store is waited for.
const PATIENCE = 1000

/** One process: a client, a store and a strategy of its own. */
interface Process {
  readonly strategy: Strategy
  readonly events: AuthEvent[]
  /** Yields the token a call goes out with, and how long it waited for that. */
  call(): Promise<{ token: string; tookMs: number }>
  /** Messages of `store-failed`, and the types of the other events about the store, since the last look. */
  storeEvents(): string[]
}

describe.skipIf(withoutRedis).each(SINGLE)('by %s', (kind) => {
  let redis: RedisServer
  let endpoint: TokenEndpoint
  let account = 0
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
    endpoint.lifetime = 3600
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await redis.stop()
    await redis.start()
  })

  function start(ports: number | readonly number[] = redis.port, by: ClientKind = kind): Process {
    const made = connect(by, [ports].flat())
    clients.push(made)
    const events: AuthEvent[] = []
    const strategy = strategyOf(
      { username: `account-${account}`, password: 'right' },
      { store: redisStore(made.client), tokenEndpoint: endpoint.url, onEvent: (event) => events.push(event) },
    )
    let seen = 0
    return {
      strategy,
      events,
      async call() {
        const startedAt = performance.now()
        const { headers } = await strategy.authorize({ url: `${ORIGIN}/`, method: 'GET', headers: {} })
        return {
          token: headers?.authorization?.replace('Bearer ', '') ?? '',
          tookMs: performance.now() - startedAt,
        }
      },
      storeEvents() {
        const news = events.slice(seen).filter(({ type }) => type.startsWith('store-'))
        seen = events.length
        return news.map((event) => (event.type === 'store-failed' ? event.message : event.type))
      },
    }
  }
  const requests = (): number => endpoint.requestsOf(`account-${account}`).length
  /** A call that had to do without Redis: it waited for it no longer than it may, and was served. */
  async function servedWithout(process: Process, token: string): Promise<string[]> {
    const call = await process.call()
    expect(call.token).toBe(token)
    expect(call.tookMs).toBeLessThan(PATIENCE + 900)
    return process.storeEvents()
  }
  /** Redis is used again: what one process has, another gets. */
  async function backInUse(process: Process, token: string): Promise<void> {
    await process.strategy.reset()
    expect((await process.call()).token).toBe(token)
    const before = requests()
    expect((await start().call()).token).toBe(token)
    expect(requests()).toBe(before)
  }

  test('Redis that is slow (2 s) is not waited for, and used again', async () => {
    const one = start()
    await one.call()
    await redis.command('CLIENT', 'PAUSE', '2000', 'ALL')
    const two = start()
    expect(await servedWithout(two, `account-${account}-2`)).toEqual([
      expect.stringMatching(/no answer within 1000 ms|NOT_CONNECTED/),
    ])
    // A warm process has not noticed anything.
    expect((await one.call()).tookMs).toBeLessThan(100)
    await redis.command('PING')
    await backInUse(two, `account-${account}-3`)
    expect(two.storeEvents()).toContain('store-recovered')
  })

  test('Redis that hangs in the middle of a token request costs the caller no more than its maxWait', async () => {
    const one = start()
    const release = endpoint.hold(`account-${account}`)
    const call = one.call()
    await until(() => requests() === 1)
    await redis.command('CLIENT', 'PAUSE', '2000', 'ALL')
    release()
    const before = performance.now()
    expect((await call).token).toBe(`account-${account}-1`)
    expect(performance.now() - before).toBeLessThan(PATIENCE + 900)
    await redis.command('PING')
    // What was written late has been written: it is as good as ever.
    expect((await start().call()).token).toBe(`account-${account}-1`)
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
      expect((await start(port).call()).token).toBe(token)
    } finally {
      await late.stop()
    }
  })

  test('Redis that goes down in the middle is done without, and used when it is back, and empty', async () => {
    const [one, two] = [start(), start()]
    await one.call()
    await two.call()
    await redis.stop()
    expect((await one.call()).tookMs).toBeLessThan(100)
    await one.strategy.reset()
    one.storeEvents()
    expect((await servedWithout(one, `account-${account}-2`)).length).toBeGreaterThan(0)
    await redis.start()
    await until(async () => {
      await one.strategy.reset()
      await one.call()
      return one.storeEvents().includes('store-recovered')
    })
    const { token } = await one.call()
    // Two has its token still, which is as good as it was; a new process takes the shared one.
    expect((await two.call()).token).toBe(`account-${account}-1`)
    expect((await start().call()).token).toBe(token)
  })

  test.each([
    ['because its memory is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'OOM'],
    ['because it is a replica now', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 'READONLY'],
  ] as const)(
    'Redis that refuses to write %s is done without, and used when it writes',
    async (_, harm, mend, code) => {
      const one = start()
      await one.call()
      // The lease is given back behind the caller's back.
      await until(async () => (await redis.command('EVAL', `return #redis.call('KEYS', '*:lease')`, '0')) === '0')
      await redis.command(...harm)
      await one.strategy.reset()
      one.storeEvents()
      // What the reset could not remove is in Redis still, and as good as it was.
      await one.call()
      const other = start()
      await other.strategy.reset()
      await other.call()
      expect([...one.storeEvents(), ...other.storeEvents()]).toContain(`RedisError ${code}`)
      await redis.command(...mend)
      await backInUse(one, `account-${account}-${requests() + 1}`)
    },
  )

  test('Redis that evicts keys costs a token request, and poisons nothing', async () => {
    const one = start()
    await one.call()
    const used = Number(/used_memory:(\d+)/.exec(await redis.command('INFO', 'memory'))?.[1])
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await redis.command('CONFIG', 'SET', 'maxmemory', String(used + 500_000))
    const ours = async (): Promise<string> => redis.command('EVAL', `return #redis.call('KEYS', 'auth:*')`, '0')
    for (let i = 0; (await ours()) !== '0'; i++) await redis.command('SET', `junk-${i}`, 'x'.repeat(10_000))
    expect((await one.call()).token).toBe(`account-${account}-1`)
    const two = start()
    expect((await two.call()).token).toBe(`account-${account}-2`)
    expect(requests()).toBe(2)
    expect((await one.call()).token).toBe(`account-${account}-1`)
  })

  test('a Cluster that loses the node with the token is done without', async () => {
    const nodes = await redisCluster()
    const ports = nodes.map(({ port }) => port)
    const byCluster = kind.startsWith('ioredis') ? 'ioredis cluster' : 'redis cluster'
    try {
      expect((await start(ports, byCluster).call()).token).toBe(`account-${account}-1`)
      expect((await start(ports, byCluster).call()).token).toBe(`account-${account}-1`)
      const sizes = await Promise.all(nodes.map((node) => node.command('DBSIZE')))
      await nodes[sizes.findIndex((size) => size !== '0')]?.stop()
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
      const first = start(sentinel.port, bySentinel)
      expect((await first.call()).token).toBe(`account-${account}-1`)
      expect(first.storeEvents()).toEqual([])
      await until(async () => (await replica.command('EVAL', `return #redis.call('KEYS', '*:entry')`, '0')) === '1')
      await redis.stop()
      let done = false
      while (!done) {
        // Each a process that has nothing at hand.
        const one = start(sentinel.port, bySentinel)
        const { token, tookMs } = await one.call()
        expect(tookMs).toBeLessThan(PATIENCE + 900)
        done = one.storeEvents().length === 0
        // Either Redis was done without, or it knew the token from before.
        if (done) expect(token).toBe(`account-${account}-1`)
      }
      expect(await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')).toBe(String(replica.port))
    } finally {
      await sentinel.stop()
      await replica.stop()
    }
  })
})
