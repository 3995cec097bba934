import { type Clock, systemClock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'
import type { MaybePromise } from '../secret.ts'
import { type ApiKeyRecord, hashHeaderValue, indexKeys, type KnownKey, readRecord, sameHash } from './api-key-record.ts'
import type { Authenticated, Decision, Policy } from './decision.ts'
import { type LayerOptions, layerDecisions, layerOptions } from './layer.ts'

export interface ApiKeyOptions extends LayerOptions {
  /** Name of the header. Default `x-api-key`. */
  readonly header?: string
  /**
   * The keys, or a function that finds one by its hash, as in a database. When the function throws, the request is
   * answered with 503.
   */
  readonly keys: readonly ApiKeyRecord[] | ((hash: string) => MaybePromise<ApiKeyRecord | undefined>)
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * A policy for a key in a header of its own. Unknown, expired and not yet valid keys get the same answer.
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
  const find = typeof keys === 'function' ? lookUp(keys) : indexKeys(keys)
  const { accept, refuse } = layerDecisions(name, carrier, { scheme: 'ApiKey', parameters: { realm, header: carrier } })
  const missing = refuse('missing', 'missing')
  // The records of a list stay, and so do the decisions on them.
  const accepted = new WeakMap<KnownKey, Authenticated>()

  const conclude = (known: KnownKey | undefined): Decision => {
    if (known === undefined) return refuse('invalid', 'unknown')
    const now = clock.now()
    if (now < known.notBefore) return refuse('invalid', 'not_yet_valid')
    if (now >= known.expiresAt) return refuse('invalid', 'expired')
    const decision = accepted.get(known) ?? accept(known.identity)
    accepted.set(known, decision)
    return decision
  }
  const undecided = (): Decision => refuse('undecided', 'unavailable')

  return {
    layers: [name],
    decide(request) {
      const lines = request.header(carrier)
      if (lines.length > 1) return refuse('bad_request', 'duplicate_header')
      if (lines[0] === undefined || lines[0] === '') return missing
      try {
        const known = find(hashHeaderValue(lines[0]))
        return known instanceof Promise ? known.then(conclude).catch(undecided) : conclude(known)
      } catch {
        return undecided()
      }
    },
  }
}

/** Whatever the function answers is checked as an option would be, and belongs to this very hash. */
function lookUp(find: (hash: string) => MaybePromise<ApiKeyRecord | undefined>) {
  return (hash: string): MaybePromise<KnownKey | undefined> => {
    const check = (record: ApiKeyRecord | undefined | null): KnownKey | undefined => {
      if (record === undefined || record === null) return undefined
      const known = readRecord(record, 'keys')
      return sameHash(known, hash) ? known : undefined
    }
    const found = find(hash)
    return found instanceof Promise ? found.then(check) : check(found)
  }
}
