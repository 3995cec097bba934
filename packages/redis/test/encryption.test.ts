import { randomBytes, randomUUID, type webcrypto } from 'node:crypto'
import { ConfigurationError, type StoredEntry, type TokenStore } from '@auth/core'
import { type RedisServer, redisServer, withoutRedis } from '@auth/testing/redis-server'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EncryptionKey, type NodeRedisClient, redisStore } from '../src/index.ts'

const base64 = (): string => randomBytes(32).toString('base64')

describe.skipIf(withoutRedis)('values at rest', () => {
  let redis: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    redis = await redisServer()
    client = createClient({ url: redis.url })
    await client.connect()
  })
  afterAll(async () => {
    client?.destroy()
    await redis?.stop()
  })

  const store = (encryptionKey?: EncryptionKey | readonly EncryptionKey[]): TokenStore =>
    redisStore(client, encryptionKey === undefined ? {} : { encryptionKey })
  const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.secret-token.signature'
  const entry = (value = TOKEN): StoredEntry => ({
    writtenAt: Date.now(),
    token: { value, expiresAt: Date.now() + 60_000, lifetime: 60_000, scope: 'api' },
  })
  const write = async (to: TokenStore, key: string, what = entry()): Promise<string | undefined> =>
    to.set(key, what, { expected: (await to.get(key))?.version, ttl: 60_000 })
  const at = (key: string): string => `auth:2:{${key}}:entry`
  /** Bytes that the server has sent so far. */
  const sent = async (): Promise<number> => Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1])
  const raw = async (key: string): Promise<string> => JSON.stringify(await client.hGetAll(at(key)))

  test('are readable by whoever reads Redis when there is no key', async () => {
    const key = randomUUID()
    await write(store(), key)
    expect(await raw(key)).toContain(TOKEN)
  })

  test('show neither token nor scope when there is one, and never twice the same', async () => {
    const key = randomUUID()
    const sealed = store(base64())
    const same = entry()
    await write(sealed, key, same)
    const first = await client.hGet(at(key), 'payload')
    await write(sealed, key, same)
    expect(await client.hGet(at(key), 'payload')).not.toBe(first)
    expect(Buffer.from(first as string, 'base64').toString('latin1')).not.toMatch(/token|api|lifetime/)
    expect((await sealed.get(key))?.entry).toEqual(same)
  })

  test.each(['base64', 'base64url', 'a CryptoKey'])('take a key in %s', async (how) => {
    const bytes = randomBytes(32)
    const usages: webcrypto.KeyUsage[] = ['encrypt', 'decrypt']
    const given =
      how === 'a CryptoKey'
        ? await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, usages)
        : bytes.toString(how as 'base64')
    const key = randomUUID()
    await write(store(given), key)
    expect((await store(bytes.toString('base64')).get(key))?.entry?.token?.value).toBe(TOKEN)
  })

  test('are read with the previous key, and written with the current one', async () => {
    const [old, current] = [base64(), base64()]
    const key = randomUUID()
    await write(store(old), key)
    const both = store([current, old])
    expect((await both.get(key))?.entry?.token?.value).toBe(TOKEN)
    await write(both, key, entry('another'))
    expect((await store(current).get(key))?.entry?.token?.value).toBe('another')
    expect((await store(old).get(key))?.entry).toBeUndefined()
  })

  test.each([
    ['sealed with another key', async (key: string) => void (await write(store(base64()), key))],
    ['not sealed at all', async (key: string) => void (await write(store(), key))],
    [
      'moved from another account',
      async (key: string, own: TokenStore) => {
        const other = randomUUID()
        await write(own, other)
        await client.copy(at(other), at(key))
      },
    ],
    [
      'given another version',
      async (key: string, own: TokenStore) => {
        await write(own, key)
        await client.hSet(at(key), 'version', 'made-up')
      },
    ],
    [
      'altered',
      async (key: string, own: TokenStore) => {
        await write(own, key)
        const payload = Buffer.from((await client.hGet(at(key), 'payload')) as string, 'base64')
        payload[20] = (payload[20] as number) ^ 1
        await client.hSet(at(key), 'payload', payload.toString('base64'))
      },
    ],
    [
      'cut short',
      async (key: string, own: TokenStore) => {
        await write(own, key)
        await client.hSet(at(key), 'payload', 'AAAA')
      },
    ],
  ])('that were %s mean nothing, and are written over', async (_, tamper) => {
    const own = store(base64())
    const key = randomUUID()
    await tamper(key, own)
    const found = await own.get(key)
    expect(found).toBeDefined()
    expect(found?.entry).toBeUndefined()
    expect(await own.set(key, entry('good'), { expected: found?.version, ttl: 60_000 })).toBeDefined()
    expect((await own.get(key))?.entry?.token?.value).toBe('good')
  })

  test.each([
    ['of another format', { format: '1', version: 'v', payload: JSON.stringify(entry()), writtenAt: '1' }],
    ['of no format', { version: 'v', payload: JSON.stringify(entry()) }],
  ])('%s are ignored, and written over as if there were none', async (_, fields) => {
    const key = randomUUID()
    await client.hSet(at(key), fields)
    expect(await store().get(key)).toBeUndefined()
    expect(await store().set(key, entry('good'), { expected: undefined, ttl: 60_000 })).toBeDefined()
    expect((await store().get(key))?.entry?.token?.value).toBe('good')
    expect(Object.keys(await client.hGetAll(at(key))).sort()).toEqual(['format', 'payload', 'version'])
  })

  test('of another type are ignored, and written over', async () => {
    const key = randomUUID()
    await client.set(at(key), 'somebody else')
    expect(await store().get(key)).toBeUndefined()
    expect(await store().set(key, entry('good'), { expected: undefined, ttl: 60_000 })).toBeDefined()
  })

  test.each([
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no time of writing', '{}'],
    ['a token without its end', '{"writtenAt":1,"token":{"value":"t","lifetime":1}}'],
    ['a token with an end of null', '{"writtenAt":1,"token":{"value":"t","lifetime":1,"expiresAt":null}}'],
    ['a token that is a number', '{"writtenAt":1,"token":{"value":1,"lifetime":1,"expiresAt":9e15}}'],
    ['a token with a line break', '{"writtenAt":1,"token":{"value":"t\\r\\nx: y","lifetime":1,"expiresAt":9e15}}'],
    ['an unknown failure', '{"writtenAt":1,"failure":{"code":"ERR_OTHER","message":"m","retryAt":1}}'],
    ['a failure without an end', '{"writtenAt":1,"failure":{"code":"ERR_AUTH_CREDENTIALS_REJECTED","message":"m"}}'],
    ['a count that is none', '{"writtenAt":1,"rejections":-1}'],
  ])('with %s are not trusted', async (_, written) => {
    const key = randomUUID()
    const payload = `{"storedAt":1,"entry":${written}}`
    await client.hSet(at(key), { format: '2', version: 'v', payload })
    const found = await store().get(key)
    expect(found?.version).toBe('v')
    expect(found?.entry).toBeUndefined()
  })

  test('with no time of storing are not trusted', async () => {
    const key = randomUUID()
    await client.hSet(at(key), { format: '2', version: 'v', payload: '{"entry":{"writtenAt":1}}' })
    expect(await store().get(key)).toEqual({ entry: undefined, version: 'v' })
  })

  test('are as old as they were sealed, whatever else is written beside them', async () => {
    const sealed = store(base64())
    const key = randomUUID()
    const rejected = {
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      message: 'rejected',
      retryAt: Date.now() + 3_600_000,
    } as const
    await write(sealed, key, { writtenAt: Date.now(), failure: rejected })
    const old = await client.dump(at(key))
    // Ten years either way, as the previous format had it, and the old writing put back.
    for (const by of [-1, 1]) {
      await client.hSet(at(key), 'writtenAt', String(Date.now() + by * 10 * 365 * 24 * 3_600_000))
      const found = await sealed.get(key)
      expect(found?.entry?.failure).toEqual(rejected)
      expect(found?.age).toBeGreaterThanOrEqual(0)
      expect(found?.age).toBeLessThan(10_000)
    }
    expect(JSON.stringify(old)).not.toContain('storedAt')
  })

  test('age while nobody reads them, and from the time of writing', async () => {
    const key = randomUUID()
    const storedAt = Date.now() - 90_000
    const payload = JSON.stringify({ storedAt, entry: entry() })
    await client.hSet(at(key), { format: '2', version: 'v', payload })
    expect((await store().get(key))?.age).toBeGreaterThanOrEqual(89_000)
    expect((await store().get(key))?.age).toBeLessThan(120_000)
  })

  test('are written at the server’s time also by a process that has read nothing', async () => {
    const key = randomUUID()
    await store().set(key, entry(), { expected: undefined, ttl: 60_000 })
    const found = await store().get(key)
    expect(found?.age).toBeGreaterThanOrEqual(0)
    expect(found?.age).toBeLessThan(10_000)
  })

  test('of 64 MB are not read, and are written over', async () => {
    const key = randomUUID()
    const own = store()
    await client.hSet(at(key), { format: '2', version: 'v', payload: 'x' })
    await client.eval("redis.call('HSET', KEYS[1], 'payload', string.rep('x', 64 * 1024 * 1024))", {
      keys: [at(key)],
      arguments: [],
    })
    const before = await sent()
    const found = await own.get(key)
    expect((await sent()) - before).toBeLessThan(100_000)
    expect(found).toEqual({ entry: undefined, version: 'v' })
    expect(await own.set(key, entry('good'), { expected: 'v', ttl: 60_000 })).toBeDefined()
    expect((await own.get(key))?.entry?.token?.value).toBe('good')
  })

  test('with a version or format of 1 MB are none, and are written over', async () => {
    const long = 'x'.repeat(1024 * 1024)
    for (const fields of [
      { format: '2', version: long },
      { format: long, version: 'v' },
    ]) {
      const key = randomUUID()
      await client.hSet(at(key), { ...fields, payload: '{}' })
      const before = await sent()
      expect(await store().get(key)).toBeUndefined()
      expect((await sent()) - before).toBeLessThan(100_000)
      expect(await store().set(key, entry('good'), { expected: undefined, ttl: 60_000 })).toBeDefined()
      expect((await store().get(key))?.entry?.token?.value).toBe('good')
    }
  })

  test('that say ten years, a thousand million failures and escape codes are taken within bounds', async () => {
    const key = randomUUID()
    const message = '\u001b[2J\u009b31m\r\n\u202erejected\u2028'
    const far = 9e15
    const forged = {
      writtenAt: 1000,
      token: { value: 't', expiresAt: far, lifetime: far, scope: `a${message}` },
      failure: {
        code: 'ERR_AUTH_CREDENTIALS_REJECTED',
        message: message.repeat(1000),
        retryAt: far,
        error: message,
        more: 1,
      },
      rejections: 1e9,
      outages: 1e9,
      more: 'x',
    }
    await client.hSet(at(key), {
      format: '2',
      version: 'v',
      payload: JSON.stringify({ storedAt: Date.now(), entry: forged }),
    })
    const found = (await store().get(key))?.entry as StoredEntry
    const month = 30 * 24 * 3_600_000
    expect(found.token?.lifetime).toBe(month)
    expect(found.token?.expiresAt).toBe(1000 + month)
    expect(found.failure?.retryAt).toBe(1000 + month)
    expect(found.failure?.message.length).toBeLessThanOrEqual(1024)
    expect(found.failure?.message).toMatch(/^ \[2J 31m \n rejected /)
    expect(`${found.failure?.message}${found.failure?.error}${found.token?.scope}`).not.toMatch(/[^\P{C}\n]|\u2028/u)
    expect(found.rejections).toBe(1000)
    expect(found.outages).toBe(1000)
    expect(JSON.stringify(found)).not.toContain('more')
  })

  test.each([
    ['a passphrase', 'correct horse battery staple'],
    ['a short key', randomBytes(16).toString('base64')],
    ['a long key', randomBytes(64).toString('base64')],
    ['an empty string', ''],
    ['no key', []],
    ['three keys', [base64(), base64(), base64()]],
    ['a wrong previous key', [base64(), 'previous']],
    ['bytes', randomBytes(32)],
    ['null', null],
  ])('%s is a ConfigurationError that names the option and no part of the key', (_, key) => {
    const make = (): TokenStore => redisStore(client as NodeRedisClient, { encryptionKey: key as EncryptionKey })
    expect(make).toThrow(expect.objectContaining({ name: ConfigurationError.name, option: 'encryptionKey' }))
    expect(make).not.toThrow('horse')
  })

  test.each([
    ['128 bits', { name: 'AES-GCM', length: 128 }, ['encrypt', 'decrypt']],
    ['another mode', { name: 'AES-CBC', length: 256 }, ['encrypt', 'decrypt']],
    ['one direction', { name: 'AES-GCM', length: 256 }, ['encrypt']],
  ] as const)('a CryptoKey with %s is a ConfigurationError', async (_, algorithm, usages) => {
    const key = (await crypto.subtle.generateKey(algorithm, false, [...usages])) as CryptoKey
    expect(() => store(key)).toThrow(ConfigurationError)
  })
})
