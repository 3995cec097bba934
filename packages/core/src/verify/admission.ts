import { ConfigurationError } from '../errors.ts'
import type { LayerReport, Refused } from './decision.ts'
import { type Verdict, withMetadata } from './guard.ts'
import type { Identity } from './identity.ts'
import { checkScope } from './tokens/scope.ts'

// A property of the request. Not `req.auth`: other middleware puts other things there, typed globally. And no WeakMap: an
// entry for each request costs the garbage collector more than all of the verification. The symbol is registered, so
// that two copies of this package find each other's.
const ADMISSION = Symbol.for('@auth/core/verify admission')

interface Admission {
  readonly identity: Identity | undefined
  readonly metadataUrl: string | undefined
  readonly reports: readonly LayerReport[]
  /** Of the guard in front. */
  readonly earlier: Admission | undefined
}

interface Slot {
  [ADMISSION]?: Admission
}

/**
 * Keeps on a request who sent it, for {@link findIdentity}, {@link refuseScope} and {@link credentialHeaders}. For those
 * who write a guard: call it with each verdict that passes. `request` is the object that handlers see. A verdict that is
 * only reported changes no identity.
 */
export function rememberVerdict(request: object, verdict: Verdict): void {
  const earlier = (request as Slot)[ADMISSION]
  const counts = verdict.outcome === 'authenticated' && !verdict.reportOnly
  ;(request as Slot)[ADMISSION] = {
    identity: counts ? verdict.identity : earlier?.identity,
    metadataUrl: (counts ? verdict.metadataUrl : undefined) ?? earlier?.metadataUrl,
    reports: verdict.reports,
    earlier,
  }
}

/** Who sent a request that one of our guards has let through; `undefined` where none has. */
export function findIdentity(request: object): Identity | undefined {
  return (request as Slot)[ADMISSION]?.identity
}

/**
 * The headers that guards looked for credentials in, in lower case; those that only report too. A proxy keeps them back
 * from who it forwards to.
 */
export function credentialHeaders(request: object): string[] {
  const names = new Set<string>()
  for (let admission = (request as Slot)[ADMISSION]; admission !== undefined; admission = admission.earlier) {
    for (const { via } of admission.reports) names.add(via)
  }
  return [...names]
}

/**
 * Refuses a request whose identity lacks one of `scopes`; `undefined` when it has them all.
 *
 * @throws ConfigurationError when no guard stands in front.
 */
export function refuseScope(request: object, scopes: readonly string[]): Refused | undefined {
  const admission = (request as Slot)[ADMISSION]
  if (admission?.identity === undefined) {
    throw new ConfigurationError('requireAuth', 'no requireAuth stands in front of this route')
  }
  const refused = checkScope(admission.identity, scopes)
  return refused === undefined || admission.metadataUrl === undefined
    ? refused
    : withMetadata(refused, admission.metadataUrl)
}

/** Checks the scopes that a route asks for: at least one, each a scope-token of RFC 6749 section 3.3. */
export function requireScopes(scopes: readonly unknown[]): asserts scopes is readonly string[] {
  if (
    scopes.length === 0 ||
    scopes.some((scope) => typeof scope !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  ) {
    throw new ConfigurationError('scopes', 'must be one or more scope tokens without spaces (RFC 6749 section 3.3)')
  }
}
