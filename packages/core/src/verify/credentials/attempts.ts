import QuickLRU from 'quick-lru'
import type { Clock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import { type Check, callable, integer, milliseconds, shape } from '../../lib/options.ts'
import { nodeCrypto } from '../../runtime/crypto.ts'
import { type InboundRequest, remoteAddressOf } from '../request.ts'

export interface AttemptsOptions {
  /** Failed attempts within `window` after which further ones are answered with 429. Default 30. */
  readonly max?: number | undefined
  /** ms from the first failed attempt. Default 60000. */
  readonly window?: number | undefined
  /**
   * Whose attempts count together; behind a proxy, the client's address as the proxy tells it. The framework's own
   * request is `request.original`. Default: the connection's address, of IPv6 the first 64 bits. Without one (`undefined`,
   * an empty string, a runtime that does not tell) attempts count by credential alone: repeating a wrong one is limited,
   * guessing is not, and nobody can lock an account out.
   *
   * @example
   * attempts: { peer: ({ original }) => (original as express.Request).ip }
   */
  readonly peer?: ((request: InboundRequest) => string | undefined) | undefined
}

/** An attempt that may be made; it counts as failed until it is told otherwise. */
export interface Attempt {
  /** The same peer was accepted with the same credential lately. */
  readonly trusted: boolean
  /** The credential was accepted. */
  succeeded(): void
  /** Nobody knows: it does not count. */
  undecided(): void
}

export interface Attempts {
  /** Whose attempts count together; empty where nobody can tell. */
  peer(request: InboundRequest): string
  /**
   * Starts an attempt of `peer`, or says in how many seconds one may be made again. `account` is what is being guessed
   * at, `credential` all that was presented. One that was accepted from the same peer lately always may try, so that
   * nobody is locked out by what others do in their name; from another peer it may not, or guesses beyond the limit
   * would tell the right one apart.
   */
  begin(peer: string, account: string, credential: string): Attempt | { readonly retryAfter: number }
}

/** Check of the option `attempts`. */
export const ATTEMPTS: Check = (value, option) => {
  if (value !== false) CHECK(value, option)
}
const CHECK = shape<AttemptsOptions>({ max: integer(1), window: milliseconds(), peer: callable })

/** Counters and accepted credentials that are kept; the ones used longest ago go. */
const MOST_ENTRIES = 10_000

// Rate limiters of others keep a timer and an entry for each key, without a bound: too much to give to an attacker.
export function failedAttempts(options: AttemptsOptions | false | undefined, clock: Pick<Clock, 'now'>): Attempts {
  const { window = 60_000, peer = address } = options || {}
  const max = options === false ? Number.POSITIVE_INFINITY : (options?.max ?? 30)
  const counters = new QuickLRU<string, { count: number; endsAt: number }>({ maxSize: MOST_ENTRIES })
  const accepted = new QuickLRU<string, true>({ maxSize: MOST_ENTRIES })
  const { createHmac, randomBytes } = nodeCrypto()
  const secret = randomBytes(32)
  // Keyed, so that neither names nor passwords can be found from what memory holds.
  const digest = (...parts: string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url')

  return {
    peer(request) {
      const named: unknown = peer(request) ?? ''
      // A promise would be one peer for everybody.
      if (typeof named !== 'string') throw new ConfigurationError('attempts.peer', 'must give a string')
      return named
    },
    begin(from, account, credential) {
      const now = clock.now()
      const presented = digest(from, account, credential)
      const key = from === '' ? presented : digest(from, account)
      let counter = counters.get(key)
      if (counter === undefined || now >= counter.endsAt) {
        counter = { count: 0, endsAt: now + window }
        counters.set(key, counter)
      }
      const trusted = accepted.get(presented) !== undefined
      if (counter.count >= max && !trusted) return { retryAfter: (counter.endsAt - now) / 1000 }
      // Counted before it is known, or a thousand attempts at once would all be the first.
      const current = counter
      current.count++
      return {
        trusted,
        succeeded() {
          current.count--
          accepted.set(presented, true)
        },
        undecided() {
          current.count--
        },
      }
    },
  }
}

function address(request: InboundRequest): string {
  const remoteAddress = remoteAddressOf(request) ?? ''
  // A client with one IPv6 address usually has 2^64 of them.
  return remoteAddress.includes(':') && !remoteAddress.includes('.') ? ipv6Network(remoteAddress) : remoteAddress
}

function ipv6Network(text: string): string {
  const [head = '', tail = ''] = text.split('::')
  const front = head.split(':').filter(Boolean)
  const back = tail.split(':').filter(Boolean)
  const zeros = text.includes('::') ? Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0') : []
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
