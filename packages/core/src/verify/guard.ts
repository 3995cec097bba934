import { isThenable, type MaybePromise } from '../lib/maybe-promise.ts'
import { anything, type Checks, callable, checkOptions, flag } from '../lib/options.ts'
import type { Challenge } from './challenge.ts'
import type { Decision, Policy, Refused } from './decision.ts'
import { type DecisionListener, tellDecision } from './decision-event.ts'
import type { Identity } from './identity.ts'
import { joinIdentities } from './policies/algebra.ts'
import { decideSafely, requirePolicy } from './policies/decide-safely.ts'
import type { InboundRequest } from './request.ts'
import { metadataUrl, type ResourceMetadata } from './resource-metadata.ts'

export interface GuardOptions {
  /** Receives each decision, for an audit log; what it throws or rejects with is ignored. Default: none. */
  readonly onDecision?: DecisionListener | undefined
  /**
   * Lets every request through, and only reports what the decision would have been: to try a policy before it counts.
   * Nothing is protected then. Default false.
   */
  readonly reportOnly?: boolean | undefined
  /**
   * Where clients find out which authorization server to ask (RFC 9728): what `resourceMetadata({ … })` made, or the
   * URL of such a document. The challenges of 401 and 403 carry it. Default: none.
   */
  readonly resourceMetadata?: ResourceMetadata | string | undefined
}

/** A decision, and whether the request may go on: because it is authenticated, or because it is only reported. */
export type Verdict = Decision & {
  readonly pass: boolean
  /** Nothing is enforced: the identity does not count. */
  readonly reportOnly: boolean
  /** URL of the resource's metadata, for challenges that are made later, as by `requireScope`. */
  readonly metadataUrl?: string
}

/** Decides about one request; `earlier` is the identity that another guard in front has found. */
export type Guard = (request: InboundRequest, earlier?: Identity) => MaybePromise<Verdict>

const OPTIONS = {
  onDecision: callable,
  reportOnly: flag,
  resourceMetadata: anything,
} satisfies Checks<GuardOptions>

/**
 * A policy at work in a server, for any framework: decides, reports, and leaves it to the caller to answer with
 * {@link refusalResponse} or {@link toResponse}. It neither throws nor rejects: a policy that does is reported as
 * `undecided`, which is a 503. It is synchronous when the policy is.
 *
 * @throws ConfigurationError for a wrong option.
 *
 * @example
 * const decide = guard(apiKey({ keys }))
 * const verdict = await decide(inboundRequest(request))
 * if (!verdict.pass) return toResponse(verdict)
 * console.log(verdict.outcome === 'authenticated' && verdict.identity.party)
 */
export function guard(policy: Policy, options: GuardOptions = {}): Guard {
  requirePolicy(policy, 'policy')
  checkOptions(options, OPTIONS, 'guard')
  const { onDecision, reportOnly = false } = options
  const url = options.resourceMetadata === undefined ? undefined : metadataUrl(options.resourceMetadata)

  const settle = (decided: Decision, request: InboundRequest, earlier: Identity | undefined): Verdict => {
    const joined = besideEarlier(decided, earlier)
    const decision = url === undefined ? joined : withMetadata(joined, url)
    tellDecision(onDecision, decision, request, reportOnly)
    return {
      ...decision,
      pass: reportOnly || decision.outcome === 'authenticated',
      reportOnly,
      ...(url !== undefined && { metadataUrl: url }),
    }
  }
  return (request, earlier) => {
    const decision = decideSafely(policy, request)
    return isThenable(decision)
      ? decision.then((decided) => settle(decided, request, earlier))
      : settle(decision, request, earlier)
  }
}

/** Two policies one behind the other both have to hold, and for the same party. */
function besideEarlier(decision: Decision, earlier: Identity | undefined): Decision {
  if (earlier === undefined || decision.outcome !== 'authenticated') return decision
  const identity = joinIdentities(earlier, decision.identity)
  return identity === undefined
    ? { outcome: 'party_mismatch', reports: decision.reports, challenges: [] }
    : { ...decision, identity }
}

/** Adds the parameter of RFC 9728 section 5.1 to the challenges for tokens, or to all where none is for tokens. */
export function withMetadata<D extends Decision>(decision: D, url: string): D {
  if (decision.outcome === 'authenticated') return decision
  const { challenges } = decision as Refused
  const tokens = challenges.some(isForTokens)
  const extend = (challenge: Challenge): Challenge =>
    tokens && !isForTokens(challenge)
      ? challenge
      : { ...challenge, parameters: { ...challenge.parameters, resource_metadata: url } }
  return { ...decision, challenges: challenges.map(extend) }
}

const isForTokens = ({ scheme }: Challenge): boolean => scheme === 'Bearer'
