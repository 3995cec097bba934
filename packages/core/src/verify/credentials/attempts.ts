import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import type { InboundRequest } from '../request.ts'

export interface AttemptsOptions {
  /** Failed attempts within `window` after which further ones are answered with 429. Default 30. */
  readonly max?: number
  /** ms from the first failed attempt. Default 60000. */
  readonly window?: number
  /**
   * Whose attempts count together; behind a proxy, the client's address as the proxy tells it. Default: the connection's
   * address, of IPv6 the first 64 bits.
   */
  readonly peer?: (request: InboundRequest) => string
}

/** An attempt that may be made; it counts as failed until it is told otherwise. */
export interface Attempt {
  /** The credential was accepted. */
  succeeded(): void
  /** Nobody knows: it does not count. */
  undecided(): void
}

export interface Attempts {
  /**
   * Starts an attempt, or says in how many seconds one may be made again. `account` is what is being guessed at,
   * `credential` all that was presented; one that was accepted lately always may try, so that nobody is locked out by
   * what others do in his name.
   */
  begin(request: InboundRequest, account: string, credential: string): Attempt | { readonly retryAfter: number }
}

/** Counters and accepted credentials that are kept; the ones used longest ago go. */
const MOST_ENTRIES = 10_000

// Rate limiters of others keep a timer and an entry for each key, without a bound: too much to give to an attacker.
export function failedAttempts(options: AttemptsOptions | false | undefined, clock: Pick<Clock, 'now'>): Attempts {
  if (options === false) return UNLIMITED
  const { max = 30, window = 60_000, peer = address } = options ?? {}
  if (!Number.isInteger(max) || max < 1) throw new ConfigurationError('attempts.max', 'must be an integer ≥ 1')
  if (!Number.isFinite(window) || window <= 0) throw new ConfigurationError('attempts.window', 'must be more than 0 ms')
  if (typeof peer !== 'function') throw new ConfigurationError('attempts.peer', 'must be a function')
  const counters = new LRUCache<string, { count: number; endsAt: number }>({ max: MOST_ENTRIES })
  const accepted = new LRUCache<string, true>({ max: MOST_ENTRIES })
  const secret = randomBytes(32)
  // Keyed, so that neither names nor passwords can be found from what memory holds.
  const digest = (...parts: string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url')

  return {
    begin(request, account, credential) {
      const now = clock.now()
      const presented = digest(account, credential)
      const key = digest(peer(request), account)
      let counter = counters.get(key)
      if (counter === undefined || now >= counter.endsAt) {
        counter = { count: 0, endsAt: now + window }
        counters.set(key, counter)
      }
      if (counter.count >= max && accepted.get(presented) === undefined) {
        return { retryAfter: (counter.endsAt - now) / 1000 }
      }
      // Counted before it is known, or a thousand attempts at once would all be the first.
      const current = counter
      current.count++
      return {
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

const NOT_COUNTED: Attempt = { succeeded() {}, undecided() {} }
const UNLIMITED: Attempts = { begin: () => NOT_COUNTED }

function address({ socket }: InboundRequest): string {
  const { remoteAddress = '' } = socket
  // Whoever has one IPv6 address usually has 2^64 of them.
  return remoteAddress.includes(':') && !remoteAddress.includes('.') ? ipv6Network(remoteAddress) : remoteAddress
}

function ipv6Network(text: string): string {
  const [head = '', tail = ''] = text.split('::')
  const front = head.split(':').filter(Boolean)
  const back = tail.split(':').filter(Boolean)
  const zeros = text.includes('::') ? Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0') : []
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
