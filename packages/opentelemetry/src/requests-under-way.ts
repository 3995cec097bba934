import type { AuthEvent, TokenRequestedEvent, TokenRequestReason } from '@auth/core'
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'

export interface UnderWay {
  readonly reason: TokenRequestReason
  /** When this attempt began, epoch ms. */
  readonly startedAt: number
  /** When the first attempt began, epoch ms. */
  readonly firstAt: number
}

/** Token requests that have begun, each with its span. */
export interface RequestsUnderWay {
  begin(event: TokenRequestedEvent, attributes: Attributes): void
  /** Ends the oldest one of the strategy; `undefined` when none is known. */
  end(event: AuthEvent, code?: string): UnderWay | undefined
}

// A strategy has one or two token endpoints. What is never answered is forgotten.
const MAX = 16

export function requestsUnderWay(tracer: Tracer): RequestsUnderWay {
  const all = new Map<string, (UnderWay & { readonly span: Span })[]>()
  const first = new Map<string, number>()
  return {
    begin({ id, at, reason, attempt }, attributes) {
      // A child of whatever waits for the token.
      const span = tracer.startSpan('token request', {
        kind: SpanKind.CLIENT,
        startTime: at,
        attributes: { ...attributes, 'carrier_auth.reason': reason, 'http.request.resend_count': attempt - 1 },
      })
      const key = `${id} ${reason}`
      if (attempt === 1) first.set(key, at)
      const own = all.get(id) ?? []
      own.push({ reason, startedAt: at, firstAt: first.get(key) ?? at, span })
      if (own.length > MAX) own.shift()?.span.end(at)
      all.set(id, own)
    },
    end({ id, at }, code) {
      const own = all.get(id)
      const request = own?.shift()
      if (own?.length === 0) all.delete(id)
      if (request === undefined) return undefined
      if (code !== undefined) {
        request.span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR })
      }
      request.span.end(at)
      return request
    },
  }
}
