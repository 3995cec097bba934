import { ConfigurationError, type TokenStore } from '@auth/core'
import { aesGcm, type EncryptionKey, plain } from './cipher.ts'
import { parseEntry } from './parse-entry.ts'
import { type RedisClient, scriptRunner } from './run-script.ts'
import { GET, LEASE, RELEASE, RENEW, SET } from './scripts.ts'

export interface RedisStoreOptions {
  /** Begins every key; those who share tokens share it. Default `auth:`. */
  prefix?: string
  /**
   * Encrypts what is stored with AES-256-GCM: 32 random bytes in base64, or a CryptoKey. Two to rotate them, of which
   * the first writes: `[current, previous]`. Default: tokens are stored as they are.
   */
  encryptionKey?: EncryptionKey | readonly EncryptionKey[]
}

// What is written, and how, changes with this: processes of another format have entries of their own.
const FORMAT = '1'

/**
 * A token store in Redis or Valkey, on a client of yours, which it neither connects nor closes: tokens, rejections,
 * throttling and budgets are shared by all processes that use it with the same prefix.
 *
 * @throws ConfigurationError for anything but a client of `redis` or `ioredis`, and for a wrong option. Its methods
 * reject where Redis fails; whoever uses it goes on without.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): TokenStore {
  const { prefix = 'auth:', encryptionKey } = options
  const run = scriptRunner(client)
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) {
    throw new ConfigurationError(
      'prefix',
      'must be a string without braces, which would decide where a Cluster keeps keys',
    )
  }
  const { seal, open } = encryptionKey === undefined ? plain : aesGcm(encryptionKey)
  // All that belongs to one account is in one slot.
  const entryKey = (key: string): string => `${prefix}${FORMAT}:{${key}}:entry`
  const leaseKey = (key: string): string => `${prefix}${FORMAT}:{${key}}:lease`
  const context = (key: string, version: string): string => JSON.stringify([entryKey(key), version])

  return {
    async get(key) {
      const found = await run(GET, entryKey(key), FORMAT)
      if (!Array.isArray(found)) return undefined
      const [version, payload, age] = found.map(String) as [string, string, string]
      const text = await open(payload, context(key, version))
      const entry = text === undefined ? undefined : parseEntry(text)
      return { entry, version, age: Number(age) }
    },

    async set(key, entry, { expected, ttl }) {
      const version = unique()
      const payload = await seal(JSON.stringify(entry), context(key, version))
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
