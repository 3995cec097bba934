import type { ServerResponse } from 'node:http'
import { type Answer, json, send } from './response.ts'

/** Takes the place of an answer: another one, none at all (`hang`), or a connection that is cut (`disconnect`). */
export type Fault = Answer | 'hang' | 'disconnect'

/** A fault of the token endpoint; a function is given the genuine answer and spoils it. */
export type TokenFault = Fault | ((genuine: Answer) => Answer)

/** Makes a simulator misbehave. A later call replaces the earlier one. */
export interface FaultSwitches {
  /** Spoils the answers to the next `times` token requests. Default: until `clear()`. */
  tokenEndpoint(fault: TokenFault, times?: number): void
  /** Replaces the answers to the next `times` API calls, before they are authenticated. Default: until `clear()`. */
  api(fault: Fault, times?: number): void
  clear(): void
}

/** Members of a JSON object. */
type Members = Readonly<Record<string, unknown>>

/** What the simulators ask for each request. */
export interface FaultQueue {
  readonly switches: FaultSwitches
  nextTokenFault(): TokenFault | undefined
  nextApiFault(): Fault | undefined
}

export function faultQueue(): FaultQueue {
  const slot = <F>() => {
    let current: { fault: F; left: number } | undefined
    return {
      set: (fault: F, times = Number.POSITIVE_INFINITY) => {
        current = { fault, left: times }
      },
      clear: () => {
        current = undefined
      },
      next: (): F | undefined => {
        if (current === undefined || current.left <= 0) return undefined
        current.left -= 1
        return current.fault
      },
    }
  }
  const token = slot<TokenFault>()
  const api = slot<Fault>()
  return {
    switches: {
      tokenEndpoint: token.set,
      api: api.set,
      clear: () => {
        token.clear()
        api.clear()
      },
    },
    nextTokenFault: token.next,
    nextApiFault: api.next,
  }
}

/** Carries a fault out. */
export function misbehave(response: ServerResponse, fault: Fault): void {
  // A hung request stays open until the client gives up or the sandbox closes.
  if (fault === 'hang') return
  if (fault === 'disconnect') response.destroy()
  else send(response, fault)
}

/** Faults that real token endpoints have shown. */
export const fault = {
  unavailable: json(503, { message: 'Service Unavailable' }),
  html: {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>Maintenance</title><p>We will be back soon.</p>',
  },
  empty: { status: 200, headers: { 'content-type': 'application/json' }, body: '' },
  /** 429 with Retry-After, in seconds. */
  throttled: (retryAfter: number): Answer =>
    json(429, { message: 'Too Many Requests' }, { 'retry-after': String(retryAfter) }),
  /** The genuine answer behind a byte order mark. */
  byteOrderMark: (genuine: Answer): Answer => ({ ...genuine, body: `\uFEFF${genuine.body}` }),
  /** The first half of the genuine answer. */
  truncated: (genuine: Answer): Answer => ({ ...genuine, body: genuine.body?.slice(0, genuine.body.length / 2) ?? '' }),
  /**
   * The genuine token response with other members: added, replaced, or left out where the value is `undefined`. A
   * function is given the genuine ones.
   */
  members:
    (change: Members | ((genuine: Members) => Members)) =>
    (genuine: Answer): Answer => {
      const members = genuine.status === 200 ? membersOf(genuine.body) : undefined
      if (members === undefined) return genuine
      const changed = { ...members, ...(typeof change === 'function' ? change(members) : change) }
      return { ...genuine, body: JSON.stringify(changed) }
    },
} as const

/** Of a JSON object; `undefined` for all else. */
function membersOf(body: string | undefined): Members | undefined {
  try {
    const value: unknown = JSON.parse(body || '{}')
    return typeof value === 'object' && value !== null ? (value as Members) : undefined
  } catch {
    return undefined
  }
}
