import { type Clock, systemClock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import { describeError } from '../../lib/describe-error.ts'
import { flights } from '../../lib/flights.ts'
import { gate } from '../../lib/gate.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import { type Attempt, type AttemptsOptions, failedAttempts } from '../credentials/attempts.ts'
import { readAuthorization } from '../credentials/authorization-header.ts'
import { decodeBasic } from '../credentials/basic-credentials.ts'
import type { Decision, Policy } from '../decision.ts'
import type { BasicIdentity } from '../identity.ts'
import { type LayerOptions, layerDecisions, layerOptions } from './layer.ts'

/** Whom a user name and a password belong to. */
export interface BasicUser {
  readonly party: string
  /** Default: none. */
  readonly scope?: readonly string[]
}

export interface BasicOptions extends LayerOptions {
  /**
   * Yields the user, or `undefined` for an unknown name and for a wrong password alike; it should take the same time
   * for both, as by hashing against a made-up record. When it throws, the request is answered with 503.
   */
  readonly verify: (username: string, password: string) => MaybePromise<BasicUser | undefined>
  /** Calls of `verify` at once, for one that hashes slowly; 16 times as many wait, the rest get 503. Default 16. */
  readonly concurrency?: number
  /** Limits failed attempts by peer and user name; `false` for no limit. */
  readonly attempts?: AttemptsOptions | false
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * A policy for HTTP Basic (RFC 7617): UTF-8, colons allowed in the password, no control characters. After 30 failed
 * attempts of one peer with one name within a minute further ones get 429; credentials accepted before never do.
 *
 * @throws ConfigurationError for a wrong or missing option.
 */
export function basic(options: BasicOptions): Policy {
  const { verify, concurrency = 16, clock = systemClock } = options
  const { name, realm } = layerOptions(options, 'basic')
  if (typeof verify !== 'function') throw new ConfigurationError('verify', 'must be a function')
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ConfigurationError('concurrency', 'must be an integer ≥ 1')
  }
  const attempts = failedAttempts(options.attempts, clock)
  const { run } = gate(concurrency, concurrency * WAITING)
  const { join, start } = flights<Decision>()
  const { accept, refuse } = layerDecisions(name, 'authorization', {
    scheme: 'Basic',
    parameters: { realm, charset: 'UTF-8' },
  })
  const undecided = (attempt: Attempt, detail: string): Decision => {
    attempt.undecided()
    return refuse('undecided', 'unavailable', { retryAfter: 1, detail })
  }

  const check = async (username: string, password: string, attempt: Attempt): Promise<Decision> => {
    try {
      const user = await verify(username, password)
      if (typeof user?.party !== 'string' || user.party === '') return refuse('invalid', 'unknown')
      attempt.succeeded()
      return accept(identityOf(username, user), username)
    } catch (error) {
      return undecided(attempt, describeError(error))
    }
  }

  return {
    layers: [name],
    decide(request) {
      const presented = readAuthorization(request, 'basic')
      if ('outcome' in presented) return refuse(presented.outcome, presented.reason)
      const { credentials } = presented
      // A burst of one client is one attempt, and one call of a `verify` that may be slow.
      const underWay = join(credentials)
      if (underWay !== undefined) return underWay
      const pair = decodeBasic(credentials)
      if (pair === undefined) return refuse('invalid', 'malformed')
      const { username, password } = pair
      const attempt = attempts.begin(request, username, password)
      if ('retryAfter' in attempt) return refuse('throttled', 'attempts', attempt)
      const checking = run(() => check(username, password, attempt))
      return checking === undefined
        ? undecided(attempt, 'too many requests wait for `verify`')
        : start(credentials, checking)
    },
  }
}

/** Requests that wait for each `verify` that may run. */
const WAITING = 16

const identityOf = (username: string, { party, scope = [] }: BasicUser): BasicIdentity => ({
  party,
  scope: [...scope],
  username,
})
