import type { AuthRequest, Layer, TokenTimes } from './layer.ts'
import { putBounded } from './lib/bounded-map.ts'

interface Refusals {
  /** Epoch ms of the latest. */
  readonly refusedAt: number
  /** How many young tokens in a row were refused to requests that cannot be sent again. */
  readonly strikes: number
  /** Epoch ms until which no other token is requested because of this path. */
  readonly until: number
}

/** Where an API refuses even fresh tokens: an app that lacks a product is told so with a 401, again and again. */
export interface RefusedPaths {
  /** Whether a fresh token was refused there, and the next one is not due yet. */
  has(layer: Layer, request: AuthRequest): boolean
  /**
   * Takes note of a refusal; `answered` is what it was an answer to. Returns whether the token is older than an earlier
   * refusal: it was not issued because of that one, and says nothing of a fresh token.
   */
  note(layer: Layer, request: AuthRequest, times: TokenTimes, answered: 'first' | 'replay' | 'not-replayable'): boolean
  clear(): void
}

// Enough for every product of a carrier; what falls out costs one token request.
const REMEMBERED = 64
// For a token that does not say when it ends, and the longest for one that does.
const UNKNOWN_LIFETIME = 5 * 60 * 1000
const LONGEST = 24 * 60 * 60 * 1000
// A request that cannot be sent again never shows that a fresh token was refused: the third young one in a row does.
const STRIKES = 3
const YOUNG = 1 / 8

export function refusedPaths(now: () => number): RefusedPaths {
  const places = new Map<string, Refusals>()
  const numbers = new Map<Layer, number>()
  const placeOf = (layer: Layer, request: AuthRequest): string => {
    const number = numbers.get(layer) ?? numbers.size
    numbers.set(layer, number)
    return `${number} ${place(request)}`
  }
  return {
    has: (layer, request) => (places.get(placeOf(layer, request))?.until ?? 0) > now(),

    note(layer, request, { at, until = Number.NaN }, answered) {
      const key = placeOf(layer, request)
      const before = places.get(key)
      const time = now()
      const fresh = before !== undefined && (at === undefined || at >= before.refusedAt)
      const young = fresh && at !== undefined && time - at < (until - at) * YOUNG
      const strikes = answered === 'not-replayable' && young ? (before?.strikes ?? 0) + 1 : 0
      const learnt = (answered === 'replay' && fresh) || strikes >= STRIKES
      const due = Number.isFinite(until) ? Math.min(until, time + LONGEST) : time + UNKNOWN_LIFETIME
      const old = before !== undefined && !fresh
      const refusals = {
        refusedAt: old ? before.refusedAt : time,
        strikes,
        until: learnt ? due : (before?.until ?? 0),
      }
      putBounded(places, key, refusals, REMEMBERED)
      return old
    },

    clear: () => places.clear(),
  }
}

/** Method, origin and path, with `#` for what differs from parcel to parcel: every segment that has a digit in it. */
function place({ method, url }: AuthRequest): string {
  const { origin, pathname } = new URL(url)
  const path = pathname.split('/').map((segment) => (/\d/.test(segment) && !VERSION.test(segment) ? '#' : segment))
  return `${method.toUpperCase()} ${origin}${path.join('/').slice(0, 512)}`
}

const VERSION = /^v\d+(?:\.\d+)*$/i
