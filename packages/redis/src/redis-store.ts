import type { TokenStore } from '@auth/core'
import { anything, type Checks, checkOptions, must } from '@auth/core/options'
import { aesGcm, type EncryptionKey, plain } from './cipher.ts'
import { parseRecord, writeRecord } from './record.ts'
import { type RedisClient, scriptRunner } from './run-script.ts'
import { GET, LEASE, RELEASE, RENEW, SET, TIME } from './scripts.ts'
import { serverTime } from './server-time.ts'

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** Begins every key; processes that share tokens use the same one. No braces. Default `auth:`. */
  prefix?: string
  /**
   * Encrypts what is stored with AES-256-GCM: 32 random bytes in base64, or a CryptoKey. Two keys to rotate, of which
   * the first one writes: `[current, previous]`. Default: values are not encrypted.
   */
  encryptionKey?: EncryptionKey | readonly EncryptionKey[]
}

// What is written, and how. Processes of another format have entries of their own.
const FORMAT = '2'

const CHECKS = {
  // Braces decide where a Cluster keeps a key.
  prefix: must('a string without braces', (value) => typeof value === 'string' && !/[{}]/.test(value)),
  // The cipher checks its keys.
  encryptionKey: anything,
} satisfies Checks<RedisStoreOptions>

/**
 * A token store in Redis or Valkey: tokens, rejections, throttling and budgets are shared by all processes that use it
 * with the same prefix. It neither connects nor closes the client. Its methods reject when Redis fails; strategies go
 * on without the store then.
 *
 * @throws ConfigurationError for anything but a client of `redis` or `ioredis`, and for an unknown or wrong option.
 *
 * @example
 * const redis = createClient({ url: 'redis://localhost:6379' })
 * redis.connect().catch(() => {})
 * const strategy = posti({ username, password }, { store: redisStore(redis) })
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): TokenStore {
  checkOptions(options, CHECKS, 'redisStore')
  const { prefix = 'auth:', encryptionKey } = options
  const run = scriptRunner(client)
  const { seal, open } = encryptionKey === undefined ? plain : aesGcm(encryptionKey)
  const time = serverTime()
  // All that belongs to one account is in one slot.
  const entryKey = (key: string): string => `${prefix}${FORMAT}:{${key}}:entry`
  const leaseKey = (key: string): string => `${prefix}${FORMAT}:{${key}}:lease`
  const context = (key: string, version: string): string => JSON.stringify([entryKey(key), version])

  return {
    async get(key) {
      const [now, version, payload = ''] = ((await run(GET, entryKey(key), FORMAT)) as unknown[]).map(String)
      time.saw(key, Number(now))
      if (version === undefined) return undefined
      const text = await open(payload, context(key, version))
      const record = text === undefined ? undefined : parseRecord(text)
      if (record === undefined) return { entry: undefined, version }
      return { entry: record.entry, version, age: Math.max(Number(now) - record.storedAt, 0) }
    },

    async set(key, entry, { expected, ttl }) {
      const version = unique()
      // The time is sealed with the entry: beside it, anyone who can write to Redis could change how old it is.
      const storedAt = time.now(key) ?? Number(await run(TIME, entryKey(key)))
      const payload = await seal(writeRecord({ storedAt, entry }), context(key, version))
      const wrote = await run(SET, entryKey(key), FORMAT, expected ?? '', version, payload, whole(ttl))
      return Number(wrote) === 1 ? version : undefined
    },

    async lease(key, limits, maxWait) {
      const owner = unique()
      const longest = whole(Math.max(...limits.map(({ per }) => per)))
      const terms = limits.flatMap(({ count, per }) => [String(count), whole(per)])
      const answer = await run(LEASE, leaseKey(key), owner, whole(maxWait), longest, ...terms)
      const [granted, wait] = (answer as unknown[]).map(Number) as [number, number]
      if (granted !== 1) return { retryIn: wait }
      return {
        startsIn: wait,
        renew: async () => Number(await run(RENEW, leaseKey(key), owner, longest)) === 1,
        release: async () => void (await run(RELEASE, leaseKey(key), owner)),
      }
    },
  }
}

function unique(): string {
  return crypto.randomUUID()
}

function whole(ms: number): string {
  return String(Math.max(Math.ceil(ms), 0))
}
