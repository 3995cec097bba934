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
  }, 120_000)
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
  const at = (key: string): string => `auth:1:{${key}}:entry`
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
    ['of another format', { format: '2', version: 'v', payload: JSON.stringify(entry()), writtenAt: '1' }],
    ['of no format', { version: 'v', payload: JSON.stringify(entry()) }],
  ])('%s are ignored, and written over as if there were none', async (_, fields) => {
    const key = randomUUID()
    await client.hSet(at(key), fields)
    expect(await store().get(key)).toBeUndefined()
    expect(await store().set(key, entry('good'), { expected: undefined, ttl: 60_000 })).toBeDefined()
    expect((await store().get(key))?.entry?.token?.value).toBe('good')
    expect(Object.keys(await client.hGetAll(at(key))).sort()).toEqual(['format', 'payload', 'version', 'writtenAt'])
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
  ])('with %s are not trusted', async (_, payload) => {
    const key = randomUUID()
    await client.hSet(at(key), { format: '1', version: 'v', payload, writtenAt: '1' })
    const found = await store().get(key)
    expect(found?.version).toBe('v')
    expect(found?.entry).toBeUndefined()
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
