import { describeError } from '../../lib/describe-error.ts'
import { isThenable, type MaybePromise } from '../../lib/maybe-promise.ts'
import { type Check, must } from '../../lib/options.ts'
import type { Challenge } from '../challenge.ts'
import type { Authenticated, Decision, Policy, Reason, RefusalOutcome, Refused } from '../decision.ts'
import { deepFreeze, type LayerIdentity } from '../identity.ts'
import type { InboundRequest } from '../request.ts'
import type { SecurityScheme } from '../security-scheme.ts'

/** Options that every layer has. */
export interface LayerOptions {
  /**
   * Name of the layer in reports and in `Identity.layers`, where two layers of one scheme are told apart. Default: the
   * scheme's, in the identity with a number from the second on.
   */
  readonly name?: string | undefined
  /** `realm` of the challenge (RFC 9110 section 11.5). Default `api`. */
  readonly realm?: string | undefined
}

export interface RefusalDetails {
  /** Further parameters of the challenge. */
  readonly challenge?: Readonly<Record<string, string>>
  /** Seconds. */
  readonly retryAfter?: number
  readonly credential?: string
  readonly detail?: string
}

/** Makes the decisions of one layer. */
export interface LayerDecisions {
  /** `credential` says which one it was, and is no secret. */
  accept(identity: LayerIdentity, credential?: string): Authenticated
  refuse(outcome: Exclude<RefusalOutcome, 'party_mismatch'>, reason: Reason, details?: RefusalDetails): Refused
}

/** `scheme` and `parameters` are the challenge without what depends on the refusal. */
export function layerDecisions(layer: string, via: string, { scheme, parameters }: Challenge): LayerDecisions {
  return {
    accept: (identity, credential) =>
      deepFreeze({
        outcome: 'authenticated',
        identity: { party: identity.party, scope: identity.scope, layers: { [layer]: identity } },
        reports: [
          {
            layer,
            outcome: 'authenticated',
            via,
            party: identity.party,
            ...(credential !== undefined && { credential }),
          },
        ],
      }),
    refuse: (outcome, reason, { challenge, retryAfter, ...known } = {}) => ({
      outcome,
      reports: [{ layer, outcome, reason, via, ...known }],
      challenges: [{ scheme, parameters: challenge === undefined ? parameters : { ...parameters, ...challenge } }],
      ...(retryAfter !== undefined && { retryAfter }),
    }),
  }
}

/** Checks of the options that every layer has. */
export const LAYER_OPTIONS: { readonly name: Check; readonly realm: Check } = {
  name: must('a word', (value) => typeof value === 'string' && /^[A-Za-z][\w-]*$/.test(value)),
  realm: must('printable ASCII', (value) => typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)),
}

/** A policy of one layer. What `decide` throws or rejects with, as the caller's own functions may, is undecided. */
export function layerPolicy(
  name: string,
  { refuse }: LayerDecisions,
  scheme: SecurityScheme,
  decide: (request: InboundRequest) => MaybePromise<Decision>,
): Policy {
  return {
    layers: [name],
    shape: { name, scheme },
    decide(request) {
      const failed = (error: unknown): Refused =>
        refuse('undecided', 'unavailable', { retryAfter: 1, detail: describeError(error) })
      try {
        const decision = decide(request)
        return isThenable(decision) ? decision.catch(failed) : decision
      } catch (error) {
        return failed(error)
      }
    },
  }
}
