import { type Clock, systemClock } from '../../clock.ts'
import { describeError } from '../../lib/describe-error.ts'
import { flights } from '../../lib/flights.ts'
import { isThenable, type MaybePromise, when } from '../../lib/maybe-promise.ts'
import { anything, type Checks, checkOptions, must } from '../../lib/options.ts'
import {
  type ApiKeyRecord,
  hashHeaderValue,
  indexKeys,
  type KnownKey,
  readRecord,
  sameHash,
} from '../credentials/api-key-record.ts'
import { ATTEMPTS, type Attempt, type AttemptsOptions, failedAttempts } from '../credentials/attempts.ts'
import type { Authenticated, Decision, Policy } from '../decision.ts'
import type { InboundRequest } from '../request.ts'
import { WALL_CLOCK } from './client-certificate.ts'
import { LAYER_OPTIONS, type LayerOptions, layerDecisions, layerPolicy } from './layer.ts'

export interface ApiKeyOptions extends LayerOptions {
  /** Name of the header. Default `x-api-key`. */
  readonly header?: string | undefined
  /**
   * The keys, or a function that finds one by its hash, as in a database. When the function throws, the request is
   * answered with 503.
   */
  readonly keys: readonly ApiKeyRecord[] | ((hash: string) => MaybePromise<ApiKeyRecord | undefined>)
  /**
   * Limits failed attempts by peer and key: a client that keeps sending a wrong key gets 429, and other keys of the same
   * peer do not suffer. Guessing needs no limit, keys being long. `false` for none.
   */
  readonly attempts?: AttemptsOptions | false | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

const OPTIONS = {
  ...LAYER_OPTIONS,
  header: must('the name of a header', (value) => typeof value === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(value)),
  keys: anything,
  attempts: ATTEMPTS,
  clock: WALL_CLOCK,
} satisfies Checks<ApiKeyOptions>

/**
 * A policy for a key in a header of its own. Unknown, expired and not yet valid keys get the same answer.
 *
 * @throws ConfigurationError for a wrong option, or a key that is incomplete or given twice.
 *
 * @example
 * apiKey({ keys: [{ id: 'warehouse-1', hash: hashApiKey(key), party: 'warehouse', scope: ['labels'] }] })
 */
export function apiKey(options: ApiKeyOptions): Policy {
  checkOptions(options, OPTIONS, 'apiKey')
  const { header = 'x-api-key', keys, clock = systemClock, name = 'apiKey', realm = 'api' } = options
  const via = header.toLowerCase()
  const attempts = failedAttempts(options.attempts, clock)
  const { join, start } = flights<Decision>()
  const decisions = layerDecisions(name, via, { scheme: 'ApiKey', parameters: { realm, header: via } })
  const { accept, refuse } = decisions
  const missing = refuse('missing', 'missing')
  // The records of a list stay, and so do the decisions on them.
  const accepted = new WeakMap<KnownKey, Authenticated>()

  const conclude = (known: KnownKey | undefined): Decision => {
    if (known === undefined) return refuse('invalid', 'unknown')
    const now = clock.now()
    if (now < known.notBefore) return refuse('invalid', 'not_yet_valid', { credential: known.identity.id })
    if (now >= known.expiresAt) return refuse('invalid', 'expired', { credential: known.identity.id })
    const decision = accepted.get(known) ?? accept(known.identity, known.identity.id)
    accepted.set(known, decision)
    return decision
  }
  const settle = (attempt: Attempt, decision: Decision): Decision => {
    if (decision.outcome === 'authenticated') attempt.succeeded()
    return decision
  }
  const undecided = (attempt: Attempt, error: unknown): Decision => {
    attempt.undecided()
    return refuse('undecided', 'unavailable', { retryAfter: 1, detail: describeError(error) })
  }

  const decideByList = (
    find: (hash: string) => KnownKey | undefined,
    hash: string,
    request: InboundRequest,
  ): Decision => {
    const decision = conclude(find(hash))
    if (decision.outcome === 'authenticated') return decision
    const attempt = attempts.begin(attempts.peer(request), hash, hash)
    return 'retryAfter' in attempt ? refuse('throttled', 'attempts', attempt) : decision
  }
  const decideByLookUp = (find: LookUp, hash: string, request: InboundRequest): MaybePromise<Decision> => {
    // A burst of one client is one attempt, and one look-up.
    const underWay = join(hash)
    if (underWay !== undefined) return underWay
    const attempt = attempts.begin(attempts.peer(request), hash, hash)
    if ('retryAfter' in attempt) return refuse('throttled', 'attempts', attempt)
    try {
      const known = find(hash)
      if (!isThenable(known)) return settle(attempt, conclude(known))
      const deciding = known.then((found) => settle(attempt, conclude(found)))
      return start(
        hash,
        deciding.catch((error) => undecided(attempt, error)),
      )
    } catch (error) {
      return undecided(attempt, error)
    }
  }
  const decideByHash =
    typeof keys === 'function' ? decideByLookUp.bind(null, lookUp(keys)) : decideByList.bind(null, indexKeys(keys))

  return layerPolicy(name, decisions, { type: 'apiKey', in: 'header', name: via }, (request) => {
    const lines = request.header(via)
    if (lines.length > 1) return refuse('bad_request', 'duplicate_header')
    if (lines[0] === undefined || lines[0] === '') return missing
    return decideByHash(hashHeaderValue(lines[0]), request)
  })
}

type LookUp = (hash: string) => MaybePromise<KnownKey | undefined>

/** Whatever the function answers is checked as an option would be, and belongs to this very hash. */
function lookUp(find: (hash: string) => MaybePromise<ApiKeyRecord | undefined>): LookUp {
  return (hash) => {
    const check = (record: ApiKeyRecord | undefined | null): KnownKey | undefined => {
      if (record === undefined || record === null) return undefined
      // A row of a database may have more columns than a record has members.
      const known = readRecord(record, 'keys')
      return sameHash(known, hash) ? known : undefined
    }
    return when(find(hash), check)
  }
}
