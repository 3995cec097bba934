import { tell } from '../lib/tell.ts'
import type { Decision, LayerReport, RefusalOutcome } from './decision.ts'
import { refusalResponse } from './refusal-response.ts'
import { type InboundRequest, remoteAddressOf } from './request.ts'

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
  /** Path as sent, without the query, which may hold what is not for logs. */
  readonly path: string
  /** Address of the connection. */
  readonly peer: string | undefined
  /** The decision was not enforced. */
  readonly reportOnly: boolean
}

/** What it throws, or its promise rejects with, is ignored. */
export type DecisionListener = (event: DecisionEvent) => unknown

/** Hands a decision over; builds nothing without a listener. */
export function tellDecision(
  onDecision: DecisionListener | undefined,
  decision: Decision,
  request: InboundRequest,
  reportOnly: boolean,
): void {
  if (onDecision === undefined) return
  const { url, method } = request
  tell(onDecision, {
    at: Date.now(),
    outcome: decision.outcome,
    ...(decision.outcome === 'authenticated'
      ? { party: decision.identity.party }
      : { status: refusalResponse(decision).status }),
    layers: decision.reports,
    method,
    path: pathOf(url),
    peer: remoteAddressOf(request),
    reportOnly,
  })
}

/** Without the query, and of a target in absolute form without host and user information. */
function pathOf(url: string): string {
  const target = !url.startsWith('/') && URL.canParse(url) ? new URL(url).pathname : url
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}
