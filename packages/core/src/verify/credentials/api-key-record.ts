import { ConfigurationError } from '../../errors.ts'
import { anything, kindOf, shape } from '../../lib/options.ts'
import { nodeCrypto, sha256 } from '../../runtime/crypto.ts'
import { nonEmpty } from '../../secret.ts'
import type { ApiKeyIdentity } from '../identity.ts'

/** An API key as the server keeps it. Several keys of one party may be valid at once. */
export interface ApiKeyRecord {
  /** Names the key in the identity and in reports. */
  readonly id: string
  /** {@link hashApiKey} of the key. */
  readonly hash: string
  /** Default: `id`. */
  readonly party?: string | undefined
  /** Default: none. */
  readonly scope?: readonly string[] | undefined
  /** `Date` or epoch ms before which the key is refused. */
  readonly notBefore?: Date | number | undefined
  /** `Date` or epoch ms from which on the key is refused. */
  readonly expiresAt?: Date | number | undefined
}

/**
 * The hash to keep in place of an API key, of the very string that the header carries: `sha256:` and base64url. One
 * round of SHA-256 is right for keys that nobody can guess, such as those of {@link generateApiKey}; not for passwords.
 */
export function hashApiKey(secret: string): string {
  nonEmpty(secret, 'secret')
  return PREFIX + sha256(secret, 'base64url')
}

/**
 * Makes a new API key of 256 random bits: `key` for the client, `id` and `hash` for the record. The `id` is part of the
 * key, so that a key which turns up somewhere can be told without its secret.
 *
 * @param options.prefix Start of the key. Default `ak`.
 * @throws ConfigurationError when `prefix` is not made of letters, digits and `_`.
 */
export function generateApiKey({ prefix = 'ak' }: { prefix?: string } = {}): { key: string; id: string; hash: string } {
  if (typeof prefix !== 'string' || !/^\w{1,32}$/.test(prefix)) {
    throw new ConfigurationError('prefix', 'must be 1 to 32 letters, digits and underscores')
  }
  const { randomBytes } = nodeCrypto()
  const id = `${prefix}_${randomBytes(6).toString('hex')}`
  const key = `${id}_${randomBytes(32).toString('base64url')}`
  return { key, id, hash: hashApiKey(key) }
}

/** A record that was checked, ready to be compared. */
export interface KnownKey {
  readonly digest: Buffer
  readonly identity: ApiKeyIdentity
  /** Epoch ms. */
  readonly notBefore: number
  /** Epoch ms. */
  readonly expiresAt: number
}

/** Hashes what a header carried. Node hands its bytes over as Latin-1: hashing these bytes hashes what was sent. */
export function hashHeaderValue(value: string): string {
  return PREFIX + sha256(Buffer.from(value, 'latin1'), 'base64url')
}

/** Compares in constant time. */
export function sameHash({ digest }: KnownKey, presented: string): boolean {
  return nodeCrypto().timingSafeEqual(digest, Buffer.from(presented))
}

/** Checks a record; `option` names it in errors. */
export function readRecord(record: ApiKeyRecord, option: string): KnownKey {
  nonEmpty(record?.id, `${option}.id`)
  if (typeof record.hash !== 'string' || !HASH.test(record.hash)) {
    throw new ConfigurationError(`${option}.hash`, 'must come from hashApiKey')
  }
  const { party = record.id, scope = [] } = record
  nonEmpty(party, `${option}.party`)
  if (!Array.isArray(scope) || scope.some((token) => typeof token !== 'string' || token === '')) {
    throw new ConfigurationError(`${option}.scope`, 'must be a list of strings')
  }
  return {
    digest: Buffer.from(record.hash),
    identity: { id: record.id, party, scope: [...scope] },
    notBefore: epoch(record.notBefore, Number.NEGATIVE_INFINITY, `${option}.notBefore`),
    expiresAt: epoch(record.expiresAt, Number.POSITIVE_INFINITY, `${option}.expiresAt`),
  }
}

/** Checks a list of records, and finds keys in it by hash in a time that does not depend on its length. */
export function indexKeys(keys: unknown): (presented: string) => KnownKey | undefined {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new ConfigurationError('keys', `must be a non-empty array of keys, or a function, not ${kindOf(keys)}`)
  }
  // By the start of the hash: what a look-up may give away by its time is then not enough to find a key with.
  const buckets = new Map<string, KnownKey[]>()
  const ids = new Set<string>()
  const hashes = new Set<string>()
  for (const [i, record] of (keys as ApiKeyRecord[]).entries()) {
    MEMBERS(record ?? null, `keys[${i}]`)
    const known = readRecord(record, `keys[${i}]`)
    if (ids.has(record.id)) throw new ConfigurationError(`keys[${i}].id`, 'is the id of another key too')
    if (hashes.has(record.hash)) throw new ConfigurationError(`keys[${i}].hash`, 'is the hash of another key too')
    ids.add(record.id)
    hashes.add(record.hash)
    const start = record.hash.slice(0, INDEXED)
    const bucket = buckets.get(start)
    if (bucket === undefined) buckets.set(start, [known])
    else bucket.push(known)
  }
  return (presented) => buckets.get(presented.slice(0, INDEXED))?.find((known) => sameHash(known, presented))
}

/** What a record may hold; the values are checked where it is read. */
const MEMBERS = shape<ApiKeyRecord>({
  id: anything,
  hash: anything,
  party: anything,
  scope: anything,
  notBefore: anything,
  expiresAt: anything,
})

const PREFIX = 'sha256:'
const HASH = /^sha256:[A-Za-z0-9_-]{43}$/
/** Characters of a hash that the index goes by: the prefix and 54 bits. */
const INDEXED = PREFIX.length + 9

function epoch(value: unknown, otherwise: number, option: string): number {
  if (value === undefined || value === null) return otherwise
  const ms = value instanceof Date ? value.getTime() : value
  if (typeof ms !== 'number' || Number.isNaN(ms)) throw new ConfigurationError(option, 'must be a Date or epoch ms')
  return ms
}
