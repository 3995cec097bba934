import { certificateWatch, daysLeft } from './certificate-watch.ts'
import { type Clock, systemClock } from './clock.ts'
import { ConfigurationError, ofStrategy } from './errors.ts'
import { type AuthEventListener, emitter } from './events.ts'
import type { AuthRequest, Credentials, Layer } from './layer.ts'
import { collector } from './layer-credentials.ts'
import { isThenable, type MaybePromise } from './lib/maybe-promise.ts'
import { anything, type Checks, checkOptions, choice, EVENT_OPTIONS, flag, text } from './lib/options.ts'
import { pathOf } from './lib/path-of.ts'
import { originMatcher, secureOrigin } from './origin.ts'
import { type ApiAnswer, checkRecoverOn, type RecoverOn } from './recover-on.ts'
import { type Replay, recovery } from './recovery.ts'
import { checkPath, type Route, router } from './routes.ts'
import { warnInBrowser } from './runtime/browser-warning.ts'
import type { TokenStatus } from './token/token-source.ts'

export interface StrategyOptions {
  /** Names the strategy in events, errors and `status()`. Default `custom`. */
  id?: string
  /** Origins that may see the credentials, such as `https://api.example.com`; requests to others go out bare. */
  origins: readonly string[]
  layers: readonly Layer[]
  /**
   * Paths with other layers. The first route that has a request's path replaces `layers` for it, and a redirect from one
   * route to another does not take credentials along. Default: none.
   */
  routes?: readonly Route[] | undefined
  /** Which answers a new credential may cure: statuses from 400 on, or patterns. Default `[401]`. */
  recoverOn?: readonly RecoverOn[]
  /** Which rejected requests are sent once more: all, those with a safe method, or none. Default `all`. */
  replay?: Replay
  /**
   * Whether to refuse requests that would leave without credentials because their origin is not trusted, or because the
   * caller left a layer's header off. Redirects to other origins are followed bare all the same. Default `false`.
   */
  strict?: boolean | undefined
  /** Receives what the strategy decides; see {@link AuthEvent}. Default: none. */
  onEvent?: AuthEventListener | undefined
  /** Permits `http:` origins on loopback hosts. Default `false`. */
  allowInsecureLoopback?: boolean | undefined
  /** What to look at when a request was rejected for good; ends the reason of the event. */
  hint?: string | undefined
  clock?: Clock | undefined
}

export interface LayerStatus extends Partial<TokenStatus> {
  readonly scheme: string
  /** Whole days until the client certificate ends, where there is one; `expiresAt` says when. */
  readonly daysLeft?: number
  /** The paths that the layer is for, where it is not among the strategy's own `layers`. */
  readonly paths?: readonly string[]
}

export interface StrategyStatus {
  readonly id: string
  readonly layers: readonly LayerStatus[]
}

/** Everything that one account at one carrier needs. */
export interface Strategy {
  readonly id: string
  readonly origins: readonly string[]
  /** How many requests to these origins have asked for credentials; the cache answers all but a few. */
  readonly calls?: number
  /**
   * Yields the credentials for a request; none for an origin that is not trusted. Synchronous when nothing has to be
   * fetched.
   *
   * @throws AuthError when there is no credential, and ConfigurationError for what `strict` refuses.
   */
  authorize(request: AuthRequest): MaybePromise<Credentials>
  /**
   * Judges an answer. `sent` is the request with the headers and query that `authorize` contributed, and no others.
   * True: send it once more, authorized afresh. The answer to that is handed over as well, as `replayed`: a token that
   * is rejected as soon as it was issued is not the trouble, and no other is requested for its path until it is due.
   */
  recover(sent: AuthRequest, answer: ApiAnswer): Promise<boolean>
  /**
   * Fetches what the strategy needs, of all routes, and checks what it can: for start-up.
   *
   * @throws AuthError for the first credential that cannot be used.
   */
  ready(): Promise<void>
  /** State and times of each layer, those of routes included; nothing secret. */
  status(): StrategyStatus
  /** Forgets tokens and remembered rejections, locally and in the store. */
  reset(): Promise<void>
}

/** The options that a carrier hands on. */
export const SHARED_STRATEGY_OPTIONS: Checks<Pick<StrategyOptions, 'recoverOn' | 'replay' | 'strict'>> = {
  recoverOn: checkRecoverOn,
  replay: choice('all', 'safe', 'never'),
  strict: flag,
}

const OPTIONS: Checks<StrategyOptions> = {
  ...EVENT_OPTIONS,
  ...SHARED_STRATEGY_OPTIONS,
  origins: anything,
  layers: anything,
  routes: anything,
  allowInsecureLoopback: flag,
  hint: text,
}
const NONE: Credentials = Object.freeze({})

/**
 * Ties layers to the origins that may see them.
 *
 * @throws ConfigurationError for an origin that is missing, not `https:` or more than an origin, for layers that get in
 * each other's way, and for a wrong or unknown option.
 *
 * @example
 * createStrategy({ origins: ['https://api.carrier.example'], layers: [apiKey('x-api-key', key)] })
 */
export function createStrategy(options: StrategyOptions): Strategy {
  checkOptions(options, OPTIONS, 'createStrategy')
  const { id = 'custom', recoverOn = [401], replay = 'all', strict = false, allowInsecureLoopback = false } = options
  const { clock = systemClock, hint } = options
  const origins = originsOf(options.origins, allowInsecureLoopback)
  const layers = checkedLayers(options.layers, 'layers')
  const routes = checkedRoutes(options.routes ?? [])
  const all = [...new Set([...layers, ...routes.flatMap((route) => route.layers)])]
  const trusted = originMatcher(origins)
  const emit = emitter(options.onEvent, id, clock)
  const { recover, clear } = recovery({ recoverOn, replay, hint, clock, emit })
  const watch = certificateWatch(all, clock, emit)
  warnInBrowser(id)

  const onCallerHeader = (header: string, { method, url, headers }: AuthRequest): void => {
    const omitted = headers[header] === ''
    emit?.({ type: 'caller-header-used', header, omitted, method, path: pathOf(url) })
    if (strict && omitted) throw new ConfigurationError(`headers.${header}`, 'was left off, which `strict` refuses')
  }
  const groupOf = (own: readonly Layer[]) => ({ layers: own, collect: collector(own, onCallerHeader) })
  const select = router(
    routes.map((route) => ({ paths: route.paths, to: groupOf(route.layers) })),
    groupOf(layers),
  )
  const fail = (error: unknown): never => {
    throw ofStrategy(error, id)
  }

  let calls = 0
  return {
    id,
    origins,
    get calls() {
      return calls
    },

    authorize(request) {
      try {
        const addressed = addressOf(request)
        if (!trusted(request.url) || (addressed !== request.url && !trusted(addressed))) {
          const origin = originOf(trusted(request.url) ? addressed : request.url)
          emit?.({ type: 'origin-untrusted', origin, method: request.method })
          if (!strict) return NONE
          throw new ConfigurationError('origins', `${origin} is not among them, and \`strict\` refuses to call it`)
        }
        watch?.()
        calls += 1
        const credentials = select(request.url).collect(request)
        return isThenable(credentials) ? credentials.catch(fail) : credentials
      } catch (error) {
        return fail(error)
      }
    },

    async recover(sent, answer) {
      return trusted(sent.url) && recover(select(sent.url).layers, sent, answer)
    },

    async ready() {
      const request: AuthRequest = { url: `${origins[0]}/`, method: 'GET', headers: {} }
      const outcomes = await Promise.allSettled(all.map(async (layer) => layer.authorize(request)))
      watch?.()
      for (const outcome of outcomes) if (outcome.status === 'rejected') fail(outcome.reason)
    },

    status: () => ({
      id,
      layers: all.map((layer) => ({
        scheme: layer.scheme,
        ...(!layers.includes(layer) && { paths: routes.flatMap((r) => (r.layers.includes(layer) ? r.paths : [])) }),
        ...certificateStatus(layer, clock.now()),
        ...layer.source?.status(),
      })),
    }),

    async reset() {
      clear()
      await Promise.all(all.map((layer) => layer.source?.reset()))
      emit?.({ type: 'reset' })
    },
  }
}

function originsOf(origins: unknown, allowInsecureLoopback: boolean): readonly string[] {
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new ConfigurationError('origins', 'must list at least one origin, such as https://api.example.com')
  }
  return Object.freeze([...new Set(origins.map((origin) => secureOrigin(origin, 'origins', allowInsecureLoopback)))])
}

// The connection has one identity: of two, one would be lost without a word.
const ON_THE_CONNECTION = ['clientCertificate', 'trustAnchors']

/** A copy of the list: changing the one that was given changes nothing. */
function checkedLayers(layers: unknown, option: string, least = 1): readonly Layer[] {
  if (!Array.isArray(layers) || layers.length < least) {
    throw new ConfigurationError(option, least === 0 ? 'must be a list of layers' : 'must list at least one layer')
  }
  if (layers.some((layer) => typeof layer?.scheme !== 'string' || typeof layer.authorize !== 'function')) {
    throw new ConfigurationError(option, 'must be layers, such as basic({ … }) or apiKey(…)')
  }
  const all: readonly Layer[] = [...layers]
  const headers = all.map(({ header }) => header).filter((header) => header !== undefined)
  const repeated = headers.find((header, i) => headers.indexOf(header) !== i)
  if (repeated !== undefined) throw new ConfigurationError(option, `two of them set the ${repeated} header`)
  if (all.filter(({ scheme }) => ON_THE_CONNECTION.includes(scheme)).length > 1) {
    throw new ConfigurationError(option, 'two of them set the TLS identity; clientCertificate takes `ca` as well')
  }
  return all
}

function checkedRoutes(routes: unknown): readonly Route[] {
  if (!Array.isArray(routes)) throw new ConfigurationError('routes', 'must be a list of { paths, layers }')
  return routes.map((route: unknown, i) => {
    const option = `routes[${i}]`
    checkOptions(route as Route, { paths: anything, layers: anything }, option)
    const { paths, layers } = route as Partial<Route>
    if (!Array.isArray(paths) || paths.length === 0) {
      throw new ConfigurationError(`${option}.paths`, 'must list at least one path, such as /labels/v3')
    }
    for (const path of paths) checkPath(path, `${option}.paths`)
    return { paths: [...paths], layers: checkedLayers(layers, `${option}.layers`, 0) }
  })
}

/** What a server with many hosts takes the request for: a `Host` header of the caller's own decides, not the URL. */
function addressOf({ url, headers }: AuthRequest): string {
  const { host } = headers
  return host ? `${url.slice(0, url.indexOf(':'))}://${host}/` : url
}

function certificateStatus(layer: Layer, now: number): Pick<LayerStatus, 'expiresAt' | 'daysLeft'> | undefined {
  const end = layer.certificateEnd?.()
  return end === undefined ? undefined : { expiresAt: end, daysLeft: daysLeft(end, now) }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'not an absolute URL'
}
