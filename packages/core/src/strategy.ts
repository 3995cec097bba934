import { type Clock, systemClock } from './clock.ts'
import { ConfigurationError } from './errors.ts'
import { type AuthEventListener, emitter } from './events.ts'
import type { AuthRequest, Credentials, Layer } from './layer.ts'
import { collector } from './layer-credentials.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { anything, type Checks, checkOptions, choice, EVENT_OPTIONS, flag, must, text } from './lib/options.ts'
import { originMatcher, secureOrigin } from './origin.ts'
import { warnInBrowser } from './runtime/browser-warning.ts'
import type { TokenStatus } from './token/token-source.ts'

/** Whether a request that was answered with a challenge is sent once more: every one, only safe methods, or none. */
export type Replay = 'all' | 'safe' | 'never'

export interface StrategyOptions {
  /** Names the strategy in events and `status()`. Default `custom`. */
  id?: string
  /** Origins that may see the credentials, such as `https://api.example.com`; requests to others go out bare. */
  origins: readonly string[]
  layers: readonly Layer[]
  /** Statuses that say "the credentials were refused". Default `[401]`. */
  recoverOn?: readonly number[]
  /** Default `all`. */
  replay?: Replay
  onEvent?: AuthEventListener | undefined
  /** Permits `http:` origins on loopback hosts. Default `false`. */
  allowInsecureLoopback?: boolean | undefined
  /** What to look at when a request was refused for good; ends the reason of the event. */
  hint?: string | undefined
  clock?: Clock | undefined
}

export interface LayerStatus extends Partial<TokenStatus> {
  readonly scheme: string
}

export interface StrategyStatus {
  readonly id: string
  readonly layers: readonly LayerStatus[]
}

/** Everything that one account at one carrier needs. */
export interface Strategy {
  readonly id: string
  readonly origins: readonly string[]
  /**
   * Yields the credentials for a request; none for an origin that is not trusted. Synchronous when nothing has to be
   * fetched.
   *
   * @throws AuthError when a credential cannot be had.
   */
  authorize(request: AuthRequest): MaybePromise<Credentials>
  /**
   * Judges a response. `sent` is the request with the headers and query that `authorize` contributed. True: send it
   * once more, authorized afresh.
   */
  recover(sent: AuthRequest, response: { readonly status: number }): Promise<boolean>
  /** State and times of each layer; nothing secret. */
  status(): StrategyStatus
  /** Forgets token and remembered rejection, locally and in the store. */
  reset(): Promise<void>
}

/** The options that a carrier hands on. */
export const SHARED_STRATEGY_OPTIONS: Checks<Pick<StrategyOptions, 'recoverOn' | 'replay'>> = {
  recoverOn: must(
    'a list of HTTP statuses between 400 and 599',
    (list) => Array.isArray(list) && list.every(isFailure),
  ),
  replay: choice('all', 'safe', 'never'),
}

const OPTIONS: Checks<StrategyOptions> = {
  ...EVENT_OPTIONS,
  ...SHARED_STRATEGY_OPTIONS,
  origins: anything,
  layers: anything,
  allowInsecureLoopback: flag,
  hint: text,
}
const NONE: Credentials = Object.freeze({})
// RFC 9110 section 9.2.1, and QUERY, which is a GET with a body (draft-ietf-httpbis-safe-method-w-body).
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * Ties layers to the origins that may see them.
 *
 * @throws ConfigurationError for an origin that is missing, not `https:` or more than an origin, for layers that get in
 * each other's way, and for a wrong or unknown option.
 */
export function createStrategy(options: StrategyOptions): Strategy {
  checkOptions(options, OPTIONS, 'createStrategy')
  const { id = 'custom', layers, recoverOn = [401], replay = 'all', allowInsecureLoopback = false } = options
  if (!Array.isArray(options.origins) || options.origins.length === 0) {
    throw new ConfigurationError('origins', 'must list at least one origin, such as https://api.example.com')
  }
  checkLayers(layers)
  const origins = Object.freeze([
    ...new Set(options.origins.map((origin) => secureOrigin(origin, 'origins', allowInsecureLoopback))),
  ])
  const trusted = originMatcher(origins)
  const emit = emitter(options.onEvent, id, options.clock ?? systemClock)
  const collect = collector(layers)
  warnInBrowser(id)

  function reason({ signal }: AuthRequest, recovered: boolean, replayable: boolean): string {
    if (recovered) return replayable ? 'the credential was replaced' : `replay is '${replay}'`
    if (signal?.aborted) return 'the request is not sent again'
    return ['no other credential is to be had', options.hint].filter(Boolean).join('. ')
  }

  return {
    id,
    origins,

    authorize(request) {
      if (!trusted(request.url)) {
        emit?.({ type: 'origin-untrusted', origin: originOf(request.url) })
        return NONE
      }
      return collect(request)
    },

    async recover(sent, response) {
      if (!recoverOn.includes(response.status) || !trusted(sent.url)) return false
      // Every layer is asked, whatever the first says: each drops what it knows to be refused. One that fails has no
      // other credential: the response is then handed over as it was.
      const outcomes = await Promise.allSettled(layers.map(async (layer) => layer.recover?.(sent)))
      const recovered = outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value === true)
      const replayable = replay === 'all' || (replay === 'safe' && SAFE.has(sent.method.toUpperCase()))
      emit?.({
        type: 'challenged',
        status: response.status,
        recovered: recovered && replayable,
        reason: reason(sent, recovered, replayable),
      })
      return recovered && replayable
    },

    status: () => ({ id, layers: layers.map((layer) => ({ scheme: layer.scheme, ...layer.source?.status() })) }),

    async reset() {
      await Promise.all(layers.map((layer) => layer.source?.reset()))
      emit?.({ type: 'reset' })
    },
  }
}

// The connection has one identity: of two, one would be lost without a word.
const ON_THE_CONNECTION = ['clientCertificate', 'trustAnchors']

function checkLayers(layers: unknown): void {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new ConfigurationError('layers', 'must list at least one layer')
  }
  if (layers.some((layer) => typeof layer?.scheme !== 'string' || typeof layer.authorize !== 'function')) {
    throw new ConfigurationError('layers', 'must be layers, such as basic({ … }) or apiKey(…)')
  }
  const all: readonly Layer[] = layers
  const headers = all.map(({ header }) => header).filter((header) => header !== undefined)
  const repeated = headers.find((header, i) => headers.indexOf(header) !== i)
  if (repeated !== undefined) throw new ConfigurationError('layers', `two of them set the ${repeated} header`)
  if (all.filter(({ scheme }) => ON_THE_CONNECTION.includes(scheme)).length > 1) {
    throw new ConfigurationError('layers', 'two of them set the TLS identity; clientCertificate takes `ca` as well')
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'not an absolute URL'
}

function isFailure(status: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}
