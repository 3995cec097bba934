import { ConfigurationError } from '../../errors.ts'
import { type MaybePromise, whenAll } from '../../lib/maybe-promise.ts'
import type { Authenticated, Decision, LayerReport, Policy, RefusalOutcome, Refused } from '../decision.ts'
import type { Identity, IdentityLayers, LayerIdentity } from '../identity.ts'
import { decideSafely } from './decide-safely.ts'

/**
 * A policy that accepts a request when every one of `policies` does, and all name the same party. The identity has the
 * layers and the scope of all. Every policy is asked, so that the answer has a challenge for each missing layer.
 *
 * @throws ConfigurationError without policies.
 *
 * @example
 * allOf(clientCertificate(), bearer(jwt({ issuer, audience, jwksUri })))
 */
export function allOf(...policies: Policy[]): Policy {
  const layers = checked(policies, 'allOf').flatMap((policy) => policy.layers ?? [])
  return { layers, decide: (request) => decideAll(policies, request, every), shape: { all: policies } }
}

/**
 * What two policies that stand one behind the other found out: one identity with the layers of both, or `undefined` when
 * they name different parties.
 */
export function joinIdentities(first: Identity, second: Identity): Identity | undefined {
  return first.party === second.party ? mergedIdentity([first, second]) : undefined
}

/**
 * A policy that accepts a request when one of `policies` does; the first that does names the identity. A credential
 * that is presented must be accepted: an invalid API key beside a valid token is refused, and so are two valid
 * credentials of different parties.
 *
 * @throws ConfigurationError without policies.
 *
 * @example
 * anyOf(apiKey({ keys }), bearer(jwt({ issuer, audience, jwksUri })))
 */
export function anyOf(...policies: Policy[]): Policy {
  const layers = [...new Set(checked(policies, 'anyOf').flatMap((policy) => policy.layers ?? []))]
  return { layers, decide: (request) => decideAll(policies, request, some), shape: { any: policies } }
}

function checked(policies: readonly Policy[], option: string): readonly Policy[] {
  if (policies.length === 0) throw new ConfigurationError(option, 'needs at least one policy')
  for (const policy of policies) {
    if (typeof policy?.decide !== 'function') {
      throw new ConfigurationError(option, 'takes policies, such as apiKey({ … }) or bearer(jwt({ … }))')
    }
  }
  return policies
}

function decideAll(
  policies: readonly Policy[],
  request: Parameters<Policy['decide']>[0],
  combine: (decisions: readonly Decision[]) => Decision,
): MaybePromise<Decision> {
  return whenAll<Decision[], Decision>(
    policies.map((policy) => decideSafely(policy, request)),
    (...decisions) => combine(decisions),
  )
}

function every(decisions: readonly Decision[]): Decision {
  const reports = decisions.flatMap((decision) => decision.reports)
  const refusals = decisions.filter(isRefused)
  if (refusals.length > 0) return refusal(refusals, reports, DECISIVE)
  const accepted = decisions as readonly Authenticated[]
  return sameParty(accepted) ? merged(accepted, reports) : mismatch(reports)
}

function some(decisions: readonly Decision[]): Decision {
  const reports = decisions.flatMap((decision) => decision.reports)
  const accepted = decisions.filter((decision) => decision.outcome === 'authenticated')
  const winner = accepted[0]
  if (winner === undefined) {
    const refusals = decisions.filter(isRefused)
    const seeing = refusals.filter((refused) => !isBlind(refused))
    return refusal(seeing.length > 0 ? seeing : refusals, reports, HOPEFUL)
  }
  // One credential may be offered to several policies, such as those of two issuers: acceptance by one settles it.
  const settled = new Set(accepted.flatMap((decision) => authenticatedVia(decision.reports)))
  const objections = decisions
    .filter(isRefused)
    .filter((refused) => !isBlind(refused))
    .filter((refused) =>
      refused.reports.some(
        ({ outcome, via }) => outcome !== 'missing' && outcome !== 'authenticated' && !settled.has(via),
      ),
    )
  if (objections.length > 0) return refusal(objections, reports, DECISIVE)
  // A credential beside those of the winner may be valid, even if not sufficient: then it must not be somebody else's.
  const own = authenticatedVia(winner.reports)
  const foreign = reports.some(
    ({ party, via }) => party !== undefined && party !== winner.identity.party && !own.includes(via),
  )
  return foreign ? mismatch(reports) : { ...winner, reports }
}

/** Refused only because the runtime does not show the credential: that says nothing about the others. */
const isBlind = ({ reports }: Refused): boolean =>
  reports.some(isUnseen) &&
  reports.every((report) => isUnseen(report) || report.outcome === 'authenticated' || report.outcome === 'missing')

/** Of a connection: a token that was presented, and is bound to what cannot be seen, does object. */
const isUnseen = ({ reason, via }: LayerReport): boolean => reason === 'not_visible' && via === 'tls'

const isRefused = (decision: Decision): decision is Refused => decision.outcome !== 'authenticated'

const sameParty = (decisions: readonly Authenticated[]): boolean =>
  decisions.every(({ identity }) => identity.party === decisions[0]?.identity.party)

const authenticatedVia = (reports: readonly LayerReport[]): string[] =>
  reports.filter(({ outcome }) => outcome === 'authenticated').map(({ via }) => via)

const mismatch = (reports: readonly LayerReport[]): Refused => ({ outcome: 'party_mismatch', reports, challenges: [] })

// Which refusal speaks for several, first one first. All of them needed: a certain refusal outweighs an uncertain one.
const DECISIVE: readonly RefusalOutcome[] = [
  'bad_request',
  'too_large',
  'throttled',
  'invalid',
  'missing',
  'undecided',
  'insufficient_scope',
  'party_mismatch',
]
// One of them enough: what could still become an acceptance outweighs a certain refusal.
const HOPEFUL: readonly RefusalOutcome[] = [
  'bad_request',
  'too_large',
  'throttled',
  'undecided',
  'insufficient_scope',
  'party_mismatch',
  'invalid',
  'missing',
]

function refusal(
  refusals: readonly Refused[],
  reports: readonly LayerReport[],
  precedence: readonly RefusalOutcome[],
): Refused {
  const outcome = precedence.find((candidate) =>
    refusals.some((refused) => refused.outcome === candidate),
  ) as RefusalOutcome
  const unauthenticated = outcome === 'invalid' || outcome === 'missing'
  const speaking = refusals.filter((refused) =>
    unauthenticated ? refused.outcome === 'invalid' || refused.outcome === 'missing' : refused.outcome === outcome,
  )
  const waits = speaking.flatMap(({ retryAfter }) => retryAfter ?? [])
  return {
    outcome,
    reports,
    challenges: speaking.flatMap(({ challenges }) => challenges),
    ...(waits.length > 0 && { retryAfter: Math.max(...waits) }),
  }
}

function merged(decisions: readonly Authenticated[], reports: readonly LayerReport[]): Authenticated {
  const identity = mergedIdentity(decisions.map((decision) => decision.identity))
  return { outcome: 'authenticated', identity, reports }
}

function mergedIdentity(identities: readonly Identity[]): Identity {
  const first = identities[0] as Identity
  if (identities.length === 1) return first
  return Object.freeze({
    party: first.party,
    scope: Object.freeze([...new Set(identities.flatMap(({ scope }) => scope))]),
    layers: mergedLayers(identities),
  })
}

/** No layer takes the place of another: a second `apiKey` becomes `apiKey2`. */
function mergedLayers(identities: readonly Identity[]): IdentityLayers {
  const layers: Record<string, LayerIdentity | undefined> = {}
  for (const [name, layer] of identities.flatMap((identity) => Object.entries(identity.layers))) {
    let free = name
    for (let i = 2; Object.hasOwn(layers, free); i++) free = `${name}${i}`
    layers[free] = layer
  }
  return Object.freeze(layers)
}
