import { type Clock, systemClock } from '../../clock.ts'
import { abortable } from '../../lib/abortable.ts'
import { describeError } from '../../lib/describe-error.ts'
import { flights } from '../../lib/flights.ts'
import { isThenable, type MaybePromise } from '../../lib/maybe-promise.ts'
import {
  type Checks,
  callable,
  checkOptions,
  integer,
  LONGEST_TIMER,
  milliseconds,
  required,
} from '../../lib/options.ts'
import { timeLimit } from '../../runtime/time-limit.ts'
import { ATTEMPTS, type Attempt, type AttemptsOptions, failedAttempts } from '../credentials/attempts.ts'
import { readAuthorization } from '../credentials/authorization-header.ts'
import { decodeBasic } from '../credentials/basic-credentials.ts'
import { fairGate } from '../credentials/fair-gate.ts'
import type { Decision, Policy } from '../decision.ts'
import type { BasicIdentity } from '../identity.ts'
import { WALL_CLOCK } from './client-certificate.ts'
import { LAYER_OPTIONS, type LayerOptions, layerDecisions, layerPolicy } from './layer.ts'

/** Who a user name and a password belong to. */
export interface BasicUser {
  readonly party: string
  /** A list, or a string with spaces between the scopes (RFC 6749 section 3.3). Default: none. */
  readonly scope?: readonly string[] | string | undefined
}

export interface BasicOptions extends LayerOptions {
  /**
   * Gives the user, or `undefined` for an unknown name and for a wrong password alike; it should take the same time for
   * both, as by hashing against a made-up record. When it throws, the request is answered with 503.
   */
  readonly verify: (username: string, password: string) => MaybePromise<BasicUser | undefined>
  /**
   * Calls of `verify` at once, for one that hashes slowly; 16 times as many wait, the rest get 503. Clients that were
   * accepted before go first, and the addresses of the others take turns. Default 16.
   */
  readonly concurrency?: number | undefined
  /** ms that one call of `verify` may take. Then the request is answered with 503, and another call may start. Default 10 000. */
  readonly timeout?: number | undefined
  /** Limits failed attempts by peer and user name; `false` for no limit. */
  readonly attempts?: AttemptsOptions | false | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

const OPTIONS = {
  ...LAYER_OPTIONS,
  verify: required(callable),
  concurrency: integer(1),
  timeout: milliseconds(LONGEST_TIMER),
  attempts: ATTEMPTS,
  clock: WALL_CLOCK,
} satisfies Checks<BasicOptions>

/**
 * A policy for HTTP Basic (RFC 7617): UTF-8, colons allowed in the password, no control characters. After 30 failed
 * attempts of one peer with one name within a minute further ones get 429; credentials that were accepted from the same
 * peer never do.
 *
 * @throws ConfigurationError for a wrong or missing option.
 *
 * @example
 * basic({ verify: async (username, password) => (await passwordMatches(username, password)) ? { party: username } : undefined })
 */
export function basic(options: BasicOptions): Policy {
  checkOptions(options, OPTIONS, 'basic')
  const { verify, concurrency = 16, timeout = 10_000, clock = systemClock, name = 'basic', realm = 'api' } = options
  const attempts = failedAttempts(options.attempts, clock)
  const { run } = fairGate(concurrency, concurrency * WAITING)
  const { join, start } = flights<Decision>()
  const decisions = layerDecisions(name, 'authorization', { scheme: 'Basic', parameters: { realm, charset: 'UTF-8' } })
  const { accept, refuse } = decisions
  const undecided = (attempt: Attempt, detail: string): Decision => {
    attempt.undecided()
    return refuse('undecided', 'unavailable', { retryAfter: 1, detail })
  }

  const check = async (username: string, password: string, attempt: Attempt): Promise<Decision> => {
    try {
      const user = await inTime(verify(username, password), timeout)
      if (typeof user?.party !== 'string' || user.party === '') return refuse('invalid', 'unknown')
      const scope = scopeTokens(user.scope)
      if (scope === undefined)
        return undecided(attempt, '`verify` gave a scope that is no string and no list of strings')
      attempt.succeeded()
      const identity: BasicIdentity = { party: user.party, scope, username }
      return accept(identity, username)
    } catch (error) {
      return undecided(attempt, describeError(error))
    }
  }

  return layerPolicy(name, decisions, { type: 'http', scheme: 'basic' }, (request) => {
    const presented = readAuthorization(request, 'basic')
    if ('outcome' in presented) return refuse(presented.outcome, presented.reason)
    const { credentials } = presented
    const peer = attempts.peer(request)
    // A burst of one client is one attempt, and one call of a `verify` that may be slow. Not of several clients: what
    // another one learns by joining would tell it that its guess is right.
    const burst = `${peer} ${credentials}`
    const underWay = join(burst)
    if (underWay !== undefined) return underWay
    const pair = decodeBasic(credentials)
    if (pair === undefined) return refuse('invalid', 'malformed')
    const { username, password } = pair
    const attempt = attempts.begin(peer, username, password)
    if ('retryAfter' in attempt) return refuse('throttled', 'attempts', attempt)
    const checking = run(() => check(username, password, attempt), peer, attempt.trusted)
    const turnedAway = (): Decision => undecided(attempt, 'too many requests wait for `verify`')
    if (checking === undefined) return turnedAway()
    return start(
      burst,
      checking.then((decision) => decision ?? turnedAway()),
    )
  })
}

/** @throws Error where `result` takes longer than `timeout` ms. */
async function inTime<T>(result: MaybePromise<T>, timeout: number): Promise<T> {
  if (!isThenable(result)) return result
  const limit = timeLimit(timeout)
  try {
    return await abortable(result, limit.signal)
  } catch (error) {
    throw limit.signal.aborted ? new TimeoutError() : error
  } finally {
    limit.end()
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** Requests that wait for each `verify` that may run. */
const WAITING = 16

/** Scopes as a list; `undefined` for what is none. A string is not to be spread into its letters. */
function scopeTokens(scope: unknown): readonly string[] | undefined {
  if (scope === undefined || scope === null) return []
  const tokens = typeof scope === 'string' ? scope.split(' ').filter((token) => token !== '') : scope
  return Array.isArray(tokens) && tokens.every((token) => typeof token === 'string') ? [...tokens] : undefined
}
