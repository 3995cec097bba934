import { hash, timingSafeEqual } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'
import { nonEmpty } from '../secret.ts'
import type { Policy } from './decision.ts'
import type { ApiKeyIdentity } from './identity.ts'
import { type LayerOptions, layerDecisions, layerOptions } from './layer.ts'

/** An API key as the server keeps it. Several keys of one party may be active at once. */
export interface ApiKeyRecord {
  /** Names the key in the identity and in reports. */
  readonly id: string
  /** {@link hashApiKey} of the key. */
  readonly hash: string
  /** Default: `id`. */
  readonly party?: string
  /** Default: none. */
  readonly scope?: readonly string[]
  /** `Date` or epoch ms before which the key is refused. */
  readonly notBefore?: Date | number
  /** `Date` or epoch ms from which on the key is refused. */
  readonly expiresAt?: Date | number
}

export interface ApiKeyOptions extends LayerOptions {
  /** Name of the header. Default `x-api-key`. */
  readonly header?: string
  readonly keys: readonly ApiKeyRecord[]
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/** The hash to keep in place of an API key, of the very string that the header carries: `sha256:` and base64url. */
export function hashApiKey(secret: string): string {
  nonEmpty(secret, 'secret')
  return PREFIX + hash('sha256', secret, 'base64url')
}

/**
 * A policy for a key in a header of its own.
 *
 * @throws ConfigurationError for a bad header name, or a key that is incomplete or given twice.
 */
export function apiKey(options: ApiKeyOptions): Policy {
  const { header = 'x-api-key', keys, clock = systemClock } = options
  const { name, realm } = layerOptions(options, 'apiKey')
  if (typeof header !== 'string' || !/^[!#$%&'*+.^_`|~\w-]+$/.test(header)) {
    throw new ConfigurationError('header', 'must be the name of a header')
  }
  const carrier = header.toLowerCase()
  const find = index(keys)
  const { accept, refuse } = layerDecisions(name, carrier, { scheme: 'ApiKey', parameters: { realm, header: carrier } })
  const missing = refuse('missing', 'missing')

  return {
    layers: [name],
    decide(request) {
      const lines = request.header(carrier)
      if (lines.length > 1) return refuse('bad_request', 'duplicate_header')
      if (lines[0] === undefined || lines[0] === '') return missing
      const known = find(lines[0])
      if (known === undefined) return refuse('invalid', 'unknown')
      const now = clock.now()
      if (now < known.notBefore) return refuse('invalid', 'not_yet_valid')
      if (now >= known.expiresAt) return refuse('invalid', 'expired')
      known.decision ??= accept(known.identity)
      return known.decision
    },
  }
}

const PREFIX = 'sha256:'
const HASH = /^sha256:[A-Za-z0-9_-]{43}$/
const INDEXED = 16

interface KnownKey {
  readonly digest: Buffer
  readonly identity: ApiKeyIdentity
  readonly notBefore: number
  readonly expiresAt: number
  decision?: ReturnType<Policy['decide']>
}

function index(keys: unknown): (presented: string) => KnownKey | undefined {
  if (!Array.isArray(keys) || keys.length === 0) throw new ConfigurationError('keys', 'must list at least one key')
  const buckets = new Map<string, KnownKey[]>()
  const ids = new Set<string>()
  const hashes = new Set<string>()
  for (const [i, record] of (keys as ApiKeyRecord[]).entries()) {
    const option = `keys[${i}]`
    nonEmpty(record?.id, `${option}.id`)
    if (!HASH.test(record.hash)) throw new ConfigurationError(`${option}.hash`, 'must come from hashApiKey')
    if (ids.has(record.id)) throw new ConfigurationError(`${option}.id`, 'is the id of another key too')
    if (hashes.has(record.hash)) throw new ConfigurationError(`${option}.hash`, 'is the hash of another key too')
    ids.add(record.id)
    hashes.add(record.hash)
    const known: KnownKey = {
      digest: Buffer.from(record.hash),
      identity: { id: record.id, party: record.party ?? record.id, scope: scopeList(record.scope, `${option}.scope`) },
      notBefore: epoch(record.notBefore, Number.NEGATIVE_INFINITY, `${option}.notBefore`),
      expiresAt: epoch(record.expiresAt, Number.POSITIVE_INFINITY, `${option}.expiresAt`),
    }
    nonEmpty(known.identity.party, `${option}.party`)
    const bucket = record.hash.slice(0, INDEXED)
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), known])
  }
  return (presented) => {
    // Node hands header bytes over as Latin-1: hashing these bytes hashes what was sent.
    const text = PREFIX + hash('sha256', Buffer.from(presented, 'latin1'), 'base64url')
    const candidates = buckets.get(text.slice(0, INDEXED))
    if (candidates === undefined) return undefined
    const digest = Buffer.from(text)
    return candidates.find((candidate) => timingSafeEqual(candidate.digest, digest))
  }
}

function epoch(value: unknown, otherwise: number, option: string): number {
  if (value === undefined) return otherwise
  const ms = value instanceof Date ? value.getTime() : value
  if (typeof ms !== 'number' || Number.isNaN(ms)) throw new ConfigurationError(option, 'must be a Date or epoch ms')
  return ms
}

function scopeList(value: unknown, option: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.some((token) => typeof token !== 'string' || token === '')) {
    throw new ConfigurationError(option, 'must be a list of strings')
  }
  return [...value]
}
