import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { ConfigurationError, type posti, type TokenStore } from '@auth/core'
import { type RedisServer, redisServer, withoutRedis } from '@auth/testing/redis-server'
import { Redis as Upstash } from '@upstash/redis'
import { type Cluster, Redis } from 'ioredis'
import type * as ioredisOldest from 'ioredis-oldest'
import { createClient, type createClientPool, type createCluster, type createSentinel } from 'redis'
import * as redisOldest from 'redis-oldest'
import * as redis5 from 'redis5'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { type RedisClient, redisStore } from '../src/index.ts'
import { connect, SINGLE, type TestClient } from './support/clients.ts'
import { ORIGIN, strategyOf } from './support/strategy.ts'
import { type TokenEndpoint, tokenEndpoint } from './support/token-endpoint.ts'
import { until } from './support/until.ts'

const PONG = `return 'pong'`

test('takes the clients of redis and ioredis as their types are', () => {
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof redisOldest.createClient>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof redisOldest.createCluster>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof redis5.createClient>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof redis5.createCluster>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof redis5.createSentinel>>().toExtend<RedisClient>()
  expectTypeOf<InstanceType<typeof ioredisOldest.default.default>>().toExtend<RedisClient>()
  expectTypeOf<ioredisOldest.Cluster>().toExtend<RedisClient>()
  expectTypeOf<Redis>().toExtend<RedisClient>()
  expectTypeOf<Cluster>().toExtend<RedisClient>()
})

test.each([undefined, null, {}, 'redis://localhost', { get() {}, set() {} }])(
  'a client that is %s is a ConfigurationError that names the option',
  (client) => {
    expect(() => redisStore(client as unknown as RedisClient)).toThrow(
      expect.objectContaining({ name: ConfigurationError.name, option: 'client' }),
    )
  },
)

describe('a client that only looks like one is refused at once', () => {
  const redis = createClient()
  const ioredis = new Redis({ lazyConnect: true })
  test.each([
    ['of Upstash', () => new Upstash({ url: 'https://upstash.test', token: 'secret-token' })],
    ['of Upstash within another object', () => Object.create(new Upstash({ url: 'https://upstash.test', token: 't' }))],
    ['of redis 3, which takes callbacks', () => ({ evalsha() {}, eval() {}, on() {}, connected: true })],
    ['of redis 4 in legacy mode', () => redisOldest.createClient({ legacyMode: true })],
    ['of a Cluster of redis 4', () => redisOldest.createCluster({ rootNodes: [{ url: 'redis://127.0.0.1' }] })],
    ['of redis 5 in legacy mode', () => redis5.createClient().legacy()],
    ['of redis 6 in legacy mode', () => redis.legacy()],
    ['that is a transaction of redis', () => redis.multi()],
    ['that is a transaction of redis 4', () => redisOldest.createClient().multi()],
    ['that is a pipeline of ioredis', () => ioredis.pipeline()],
    ['that is a transaction of ioredis', () => ioredis.multi()],
    ['whose promise has not been awaited', () => Promise.resolve(redis)],
    ['that is a factory', () => createClient],
  ])('%s', (_, make) => {
    expect(() => redisStore(make() as unknown as RedisClient)).toThrow(
      expect.objectContaining({ name: ConfigurationError.name, option: 'client' }),
    )
  })
})

test('an option that is unknown is refused by its name, with the one that was meant', () => {
  const options = { encryptionkey: 'c2VjcmV0' }
  const make = (): TokenStore => redisStore(createClient(), options as object)
  expect(make).toThrow(
    expect.objectContaining({
      option: 'encryptionkey',
      message: expect.stringMatching(/did you mean `encryptionKey`\?/),
    }),
  )
  expect(make).not.toThrow('c2VjcmV0')
})

test.each(['{tenant}:', 7, null])('a prefix of %s is a ConfigurationError that names the option', (prefix) => {
  const client = { evalSha: async () => null, eval: async () => null, connect: async () => null }
  expect(() => redisStore(client, { prefix: prefix as string })).toThrow(
    expect.objectContaining({ name: ConfigurationError.name, option: 'prefix' }),
  )
})

describe.skipIf(withoutRedis).each(SINGLE)('by %s', (kind) => {
  let redis: RedisServer
  let made: TestClient
  let endpoint: TokenEndpoint
  beforeAll(async () => {
    redis = await redisServer()
    made = connect(kind, [redis.port])
    endpoint = await tokenEndpoint()
  })
  afterAll(async () => {
    made?.close()
    await endpoint?.close()
    await redis?.stop()
  })
  const authorize = { url: `${ORIGIN}/`, method: 'GET', headers: {} }
  const strategy = (store: TokenStore, username: string, password = 'hunter2'): ReturnType<typeof posti> =>
    strategyOf({ username, password }, { store, tokenEndpoint: endpoint.url })
  const commands = async (): Promise<number> => {
    const stats = await redis.command('INFO', 'commandstats')
    const calls = [...stats.matchAll(/cmdstat_(?:evalsha|eval):calls=(\d+)/g)]
    return calls.reduce((sum, [, n]) => sum + Number(n), 0)
  }

  test('a warm process asks Redis nothing, and a token request costs five round trips', async () => {
    const store = redisStore(made.client)
    await strategy(store, 'warm-up').authorize(authorize)
    await until(async () => (await redis.command('KEYS', '*:lease')) === '')
    const before = await commands()
    const one = strategy(store, 'hot')
    await one.authorize(authorize)
    // get, lease, get, set, release: the last behind the caller's back.
    await until(async () => (await commands()) === before + 5)
    for (let i = 0; i < 1000; i++) await one.authorize(authorize)
    expect(await commands()).toBe(before + 5)
    // Another process, which has the token from Redis: one.
    await strategy(store, 'hot').authorize(authorize)
    expect(await commands()).toBe(before + 6)
  })

  test('keys and values reveal no secret, and go by the prefix', async () => {
    const store = redisStore(made.client, { prefix: 'ours:' })
    await strategy(store, 'sole-trader', 'correct-horse').authorize(authorize)
    const client = new Redis(redis.port)
    try {
      const keys = await client.keys('ours:*')
      expect(keys).toEqual([expect.stringMatching(/^ours:2:\{[\w-]{43}\.[\w-]{22}\}:entry$/)])
      const value = JSON.stringify(await client.hgetall(keys[0] as string))
      expect(value).toContain('sole-trader-1')
      expect(`${keys}${value}`).not.toMatch(/correct-horse|Y29ycmVjdC1ob3JzZ|posti|127\.0\.0\.1/)
    } finally {
      client.disconnect()
    }
  })

  test('strategies with another prefix share nothing', async () => {
    for (const prefix of ['one:', 'two:']) {
      await strategy(redisStore(made.client, { prefix }), 'tenant').authorize(authorize)
    }
    expect(endpoint.requestsOf('tenant')).toHaveLength(2)
  })

  test('scripts that the server has forgotten are sent again', async () => {
    const store = redisStore(made.client)
    const key = randomUUID()
    const entry = { writtenAt: Date.now() }
    const version = await store.set(key, entry, { expected: undefined, ttl: 60_000 })
    await redis.command('SCRIPT', 'FLUSH')
    expect(await store.get(key)).toMatchObject({ entry, version })
  })

  test('a write that is sent twice, because its answer was lost, has been written', async () => {
    // What a client does on its own when a connection breaks.
    const twice: RedisClient =
      'evalsha' in made.client
        ? new Proxy(made.client, {
            get: (client, name) =>
              name === 'evalsha' || name === 'eval'
                ? async (script: string, keys: number, ...args: string[]) => {
                    await client[name](script, keys, ...args)
                    return client[name](script, keys, ...args)
                  }
                : Reflect.get(client, name),
          })
        : new Proxy(made.client, {
            get: (client, name) =>
              name === 'evalSha' || name === 'eval'
                ? async (script: string, options: object) => {
                    await client[name](script, options)
                    return client[name](script, options)
                  }
                : Reflect.get(client, name),
          })
    const store = redisStore(twice)
    const key = randomUUID()
    const version = await store.set(key, { writtenAt: 1 }, { expected: undefined, ttl: 60_000 })
    expect(version).toBeDefined()
    expect(await store.set(key, { writtenAt: 2 }, { expected: version, ttl: 60_000 })).toBeDefined()
    expect((await store.get(key))?.entry?.writtenAt).toBe(2)
  })

  test('what Redis refuses is an error with its code, and without the command, which holds a token', async () => {
    const store = redisStore(made.client)
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    try {
      const token = { value: 'secret-token', expiresAt: Date.now() + 60_000, lifetime: 60_000 }
      const refused = await Promise.resolve(
        store.set(randomUUID(), { writtenAt: 1, token }, { expected: undefined, ttl: 1000 }),
      ).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'OOM', message: 'Redis did not carry out a command (OOM)' })
      expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain('secret-token')
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    }
  })

  test('the client stays open, and the user’s own', async () => {
    const store = redisStore(made.client)
    await strategy(store, 'closing').authorize(authorize)
    await strategy(store, 'closing').reset()
    const pong = 'evalsha' in made.client ? made.client.eval(PONG, 0) : made.client.eval(PONG)
    expect(await pong).toBe('pong')
  })
})

test('loads neither client', async () => {
  const folder = new URL('../src/', import.meta.url)
  const files = await readdir(folder)
  const sources = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))
  expect(sources.length).toBeGreaterThan(3)
  for (const source of sources) expect(source).not.toMatch(/from '(?:redis|ioredis|@redis)/)
})
