import type { ObservedRequest } from '../recorder.ts'
import type { SandboxClock } from '../token-registry.ts'
import { knownSecrets } from './known-secrets.ts'
import { type MaskedRequest, maskRequest } from './mask.ts'
import { isAccountName } from './secret-places.ts'

/** The last requests of each carrier. */
export interface RequestLog {
  add(request: ObservedRequest): void
  of(carrier: string): readonly MaskedRequest[]
  /** Adds secrets to those that are masked wherever they occur. */
  keepSecret(credentials: object): void
}

const MOST_REQUESTS = 1000

export function requestLog(clock: SandboxClock): RequestLog {
  const byCarrier = new Map<string, MaskedRequest[]>()
  const secrets = knownSecrets()
  return {
    add(request) {
      const kept = byCarrier.get(request.carrier) ?? []
      byCarrier.set(request.carrier, kept)
      kept.push(maskRequest(request, clock.now(), secrets))
      if (kept.length > MOST_REQUESTS) kept.shift()
    },
    of: (carrier) => byCarrier.get(carrier) ?? [],
    keepSecret(credentials) {
      for (const [name, value] of Object.entries(credentials)) {
        if (typeof value === 'object' && value !== null) this.keepSecret(value)
        else if (typeof value === 'string' && !isAccountName(name)) secrets.add(value)
      }
    },
  }
}
