import type { Clock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'
import type { AuthEventListener } from '../events.ts'
import {
  type Check,
  type Checks,
  callable,
  EVENT_OPTIONS,
  flag,
  LONGEST_TIMER,
  methods,
  milliseconds,
  must,
} from '../lib/options.ts'
import { checkAnchors, type Pem } from '../tls/identity.ts'
import { checkBudget } from './budget.ts'
import type { RateLimit, TokenStore } from './token-store.ts'

/** What `oauth2` and every carrier take alike: a new common option is written here, and used in `oauth2`. */
export interface SharedTokenOptions {
  /** Where tokens, rejections and budgets are shared. Default: nowhere, they are this source's own. */
  store?: TokenStore | undefined
  /**
   * Rate limits of the token endpoint: `[{ count: 3, per: 1000 }, { count: 60, per: 3_600_000 }]`, `per` in ms. Held by
   * all that share the store, else by this process. A request waits up to `timeout` for its turn. `[]` lifts a carrier's
   * own. Default: the carrier's, else no limit.
   */
  budget?: readonly RateLimit[] | undefined
  /** Sends token requests. Default: the global `fetch`, looked up for each request. */
  fetch?: typeof globalThis.fetch | undefined
  /** ms for one token request, body included. Default 10 000. */
  timeout?: number | undefined
  /**
   * ms that a call waits for a token in all: vault, budget, other processes, retries. Then it fails with
   * `ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE`. Default 30 000.
   */
  deadline?: number | undefined
  /** PEM: further trust anchors, for the token endpoint alone in `oauth2`, for API and token endpoint in a carrier. Node only. */
  ca?: Pem | undefined
  /** Names the account in events and errors. Default: the carrier's id, or `oauth2`. */
  id?: string | undefined
  /** Receives every event. What it throws is ignored. */
  onEvent?: AuthEventListener | undefined
  /** Default: the system's clock. */
  clock?: Clock | undefined
  /** Permits `http:` on loopback hosts. Default `false`. */
  allowInsecureLoopback?: boolean | undefined
}

export const SHARED_TOKEN_OPTIONS: Checks<SharedTokenOptions> = {
  ...EVENT_OPTIONS,
  store: methods('a token store, such as memoryStore()', 'get', 'set', 'lease'),
  budget: optional(checkBudget),
  fetch: callable,
  timeout: milliseconds(LONGEST_TIMER),
  deadline: milliseconds(LONGEST_TIMER),
  ca: optional(checkAnchors),
  allowInsecureLoopback: flag,
}

/** The options that both sides know, as given. */
export function sharedTokenOptions(options: SharedTokenOptions): SharedTokenOptions {
  return Object.fromEntries(
    Object.keys(SHARED_TOKEN_OPTIONS).map((name) => [name, options[name as keyof SharedTokenOptions]]),
  )
}

export function optional(check: (value: unknown, option: string) => void): Check {
  return (value, option) => {
    if (value !== undefined) check(value, option)
  }
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export const checkHeaderName: Check = must(
  'the name of an HTTP header',
  (name) => typeof name === 'string' && HEADER_NAME.test(name),
)

export const checkHeaderNames: Check = (headers, option) => {
  if (headers === undefined) return
  if (typeof headers !== 'object' || headers === null) throw new ConfigurationError(option, 'must be an object')
  for (const name of Object.keys(headers)) {
    if (!HEADER_NAME.test(name)) throw new ConfigurationError(option, 'must have names of HTTP headers')
  }
}
