import { ConfigurationError } from '../../errors.ts'
import type { Challenge } from '../challenge.ts'
import type { Authenticated, Reason, RefusalOutcome, Refused } from '../decision.ts'
import { deepFreeze, type LayerIdentity } from '../identity.ts'

/** Options that every layer has. */
export interface LayerOptions {
  /**
   * Name of the layer in reports and in `Identity.layers`, where two layers of one scheme are told apart. Default: the
   * scheme's, in the identity with a number from the second on.
   */
  readonly name?: string
  /** `realm` of the challenge (RFC 9110 section 11.5). Default `api`. */
  readonly realm?: string
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

/** Checks the options that every layer has. */
export function layerOptions(options: LayerOptions, scheme: string): { name: string; realm: string } {
  const { name = scheme, realm = 'api' } = options
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name)) {
    throw new ConfigurationError('name', 'must be a word')
  }
  if (typeof realm !== 'string' || !/^[\x20-\x7e]+$/.test(realm)) {
    throw new ConfigurationError('realm', 'must be printable ASCII')
  }
  return { name, realm }
}
