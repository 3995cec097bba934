import type { Refused } from '../decision.ts'
import type { Identity } from '../identity.ts'
import { insufficientScope } from '../policies/bearer.ts'

/** Refuses with `insufficient_scope` when `identity` lacks one of `scopes`; `undefined` when it has them all. */
export function checkScope(identity: Identity, scopes: readonly string[]): Refused | undefined {
  if (scopes.every((scope) => identity.scope.includes(scope))) return undefined
  const layers = Object.entries(identity.layers)
  // What a token lacks another token may have; for keys and passwords there is no challenge that would say so.
  const hasToken = layers.some(([, layer]) => layer !== undefined && 'claims' in layer)
  return {
    outcome: 'insufficient_scope',
    reports: layers.map(([layer, { party } = identity]) => ({
      layer,
      outcome: 'insufficient_scope',
      reason: 'scope',
      via: 'authorization',
      party,
    })),
    challenges: hasToken
      ? [{ scheme: 'Bearer', parameters: { realm: 'api', ...insufficientScope(scopes).challenge } }]
      : [],
  }
}
