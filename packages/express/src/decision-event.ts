import { ConfigurationError } from '@auth/core'
import { answer, type Decision, type LayerReport, type RefusalOutcome } from '@auth/core/verify'
import type { Request } from 'express'

/** One decision about one request: which layer said what. Holds no secret. */
export interface DecisionEvent {
  /** Epoch ms. */
  readonly at: number
  readonly outcome: 'authenticated' | RefusalOutcome
  /** The status of the answer, or what it would have been; absent when the request is let through. */
  readonly status?: number
  /** Who sent it, when it is authenticated. */
  readonly party?: string
  /** What each layer said, in the policy's order. */
  readonly layers: readonly LayerReport[]
  readonly method: string
  /** Path without the query, which may hold what is not for logs. */
  readonly path: string
  /** Address of the connection. */
  readonly peer: string | undefined
  /** The decision was not enforced. */
  readonly reportOnly: boolean
}

export type DecisionListener = (event: DecisionEvent) => void

/** Hands decisions over; `undefined` without a listener, so that nothing is built for nobody. */
export function reporter(
  onDecision: DecisionListener | undefined,
  reportOnly: boolean,
): ((decision: Decision, request: Request) => void) | undefined {
  if (onDecision === undefined) return undefined
  if (typeof onDecision !== 'function') throw new ConfigurationError('onDecision', 'must be a function')
  return (decision, request) => {
    const { originalUrl, method, socket } = request
    const query = originalUrl.indexOf('?')
    try {
      onDecision({
        at: Date.now(),
        outcome: decision.outcome,
        ...(decision.outcome === 'authenticated'
          ? { party: decision.identity.party }
          : { status: answer(decision).status }),
        layers: decision.reports,
        method,
        path: query === -1 ? originalUrl : originalUrl.slice(0, query),
        peer: socket.remoteAddress,
        reportOnly,
      })
    } catch {
      // A listener is an observer: its failure must not become the request's.
    }
  }
}
