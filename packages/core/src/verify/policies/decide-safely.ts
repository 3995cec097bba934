import { ConfigurationError } from '../../errors.ts'
import { describeError } from '../../lib/describe-error.ts'
import { isThenable, type MaybePromise } from '../../lib/maybe-promise.ts'
import { kindOf } from '../../lib/options.ts'
import type { Decision, Policy, Refused } from '../decision.ts'
import type { InboundRequest } from '../request.ts'

/**
 * Asks a policy, which may be the user's own: what it throws or rejects with, and what is no decision, is `undecided`.
 * Synchronous when the policy is.
 */
export function decideSafely(policy: Policy, request: InboundRequest): MaybePromise<Decision> {
  const failed = (error: unknown): Refused => undecided(policy, describeError(error))
  const check = (decision: Decision): Decision =>
    isDecision(decision) ? decision : undecided(policy, 'the policy gave no decision')
  try {
    const decision = policy.decide(request)
    // A thenable of any library, and whatever it does: the promise follows it, and settles once.
    return isThenable(decision)
      ? new Promise<Decision>((resolve) => resolve(decision)).then(check).catch(failed)
      : check(decision)
  } catch (error) {
    return failed(error)
  }
}

function isDecision(value: Decision | null | undefined): boolean {
  if (typeof value !== 'object' || value === null || !Array.isArray(value.reports)) return false
  return value.outcome === 'authenticated'
    ? typeof value.identity?.party === 'string' && value.identity.party !== ''
    : OUTCOMES.has(value.outcome) && Array.isArray(value.challenges)
}

const OUTCOMES: ReadonlySet<unknown> = new Set([
  'missing',
  'invalid',
  'insufficient_scope',
  'party_mismatch',
  'bad_request',
  'too_large',
  'throttled',
  'undecided',
] satisfies Refused['outcome'][])

function undecided(policy: Policy, detail: string): Refused {
  const layers: unknown = policy.layers
  const names = Array.isArray(layers) && layers.length > 0 ? layers.map(String) : ['policy']
  return {
    outcome: 'undecided',
    reports: names.map((layer) => ({ layer, outcome: 'undecided', reason: 'unavailable', via: 'policy', detail })),
    challenges: [],
    retryAfter: 1,
  }
}

/** @throws ConfigurationError for what is no policy. */
export function requirePolicy(policy: unknown, option: string): void {
  if (typeof (policy as Policy | null | undefined)?.decide !== 'function') {
    throw new ConfigurationError(option, `must be a policy, such as bearer(jwt({ … })), not ${kindOf(policy)}`)
  }
}
