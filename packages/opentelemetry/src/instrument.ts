import type { AuthEvent, AuthEventListener, Strategy } from '@auth/core'
import { type Checks, checkOptions, flag, must } from '@auth/core/options'
import type { DecisionEvent } from '@auth/core/verify'
import { type Attributes, type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'
import { gauges } from './gauges.ts'
import { METRICS } from './metric-names.ts'
import { requestsUnderWay } from './requests-under-way.ts'

export interface InstrumentOptions {
  /** Default: the global one, under the name `@auth/opentelemetry`. */
  readonly meter?: Meter
  /** Default: the global one, under the name `@auth/opentelemetry`. */
  readonly tracer?: Tracer
  /**
   * Adds the strategy's `id` as the attribute `carrier_auth.account`. Give it where there are few accounts: each makes
   * time series of its own. Default `false`.
   */
  readonly account?: boolean
  /** Also counts what these strategies were asked for, and shows what their certificates have left. Default: none. */
  readonly strategies?: () => Iterable<Strategy>
}

/** A listener for `onEvent`. */
export interface Instrumentation extends AuthEventListener {
  /** The same for the `onDecision` of guards. */
  readonly onDecision: (event: DecisionEvent) => void
}

const OPTIONS: Checks<InstrumentOptions> = {
  meter: must('a Meter', (value) => typeof (value as Meter | null)?.createCounter === 'function'),
  tracer: must('a Tracer', (value) => typeof (value as Tracer | null)?.startSpan === 'function'),
  account: flag,
  strategies: must('a function that yields strategies', (value) => typeof value === 'function'),
}

const NAME = '@auth/opentelemetry'
// s; token requests take longer than what the default boundaries, which are for ms, tell apart.
const SECONDS = { advice: { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] } }

const OUTCOMES: Readonly<Record<string, string>> = {
  ERR_AUTH_CREDENTIALS_REJECTED: 'rejected',
  ERR_AUTH_TOKEN_ENDPOINT_THROTTLED: 'throttled',
  ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE: 'unavailable',
  ERR_AUTH_TOKEN_RESPONSE_INVALID: 'invalid',
}

/**
 * Turns events into metrics and spans. No attribute has more than a few values, and none is secret.
 *
 * @throws ConfigurationError for a wrong or unknown option.
 *
 * @example
 * const onEvent = instrument()
 * const strategy = posti({ username, password }, { onEvent })
 * app.use(requireAuth(policy, { onDecision: onEvent.onDecision }))
 */
export function instrument(options: InstrumentOptions = {}): Instrumentation {
  checkOptions(options, OPTIONS, 'instrument')
  const { meter = metrics.getMeter(NAME), tracer = trace.getTracer(NAME), account = false, strategies } = options
  const attributesOf = (id: string, more?: Attributes): Attributes =>
    account ? { 'carrier_auth.account': id, ...more } : (more ?? {})

  const counter = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description })
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, ...SECONDS })
  const requests = counter(METRICS.tokenRequests, '{request}', 'Attempts of token requests, by outcome.')
  const duration = histogram(METRICS.tokenRequestDuration, 'How long token requests take.')
  const refreshAhead = histogram(METRICS.refreshAheadDuration, 'From the start of a background refresh to its token.')
  const shared = counter(METRICS.tokensShared, '{token}', 'Tokens that came from the shared store.')
  const rejections = counter(METRICS.tokensRejected, '{token}', 'Tokens that the API rejected.')
  const blocked = counter(METRICS.requestsBlocked, '{request}', 'Token requests that were refused here, and not sent.')
  const waits = histogram(METRICS.budgetWaits, "Waits for a turn within the token endpoint's budget.")
  const storeErrors = counter(METRICS.storeErrors, '{error}', 'Operations of the store that failed.')
  const storeMisses = counter(METRICS.storeMisses, '{miss}', 'Accounts that the store has lost.')
  const challenges = counter(METRICS.challenges, '{request}', 'Requests whose credentials the API rejected.')
  const untrusted = counter(METRICS.untrustedOrigins, '{request}', 'Requests to origins that are not trusted.')
  const decisions = counter(METRICS.decisions, '{decision}', 'Decisions of guards, by outcome and reason.')
  const underWay = requestsUnderWay(tracer)
  const standing = gauges({ meter, attributesOf, strategies })

  const finished = (event: AuthEvent, outcome: string, code?: string): void => {
    requests.add(1, attributesOf(event.id, { 'carrier_auth.outcome': outcome }))
    const request = underWay.end(event, code)
    if (request === undefined) return
    const seconds = (event.at - request.startedAt) / 1000
    duration.record(seconds, attributesOf(event.id, code === undefined ? undefined : { 'error.type': code }))
    if (code !== undefined || request.reason !== 'refresh-ahead') return
    refreshAhead.record((event.at - request.firstAt) / 1000, attributesOf(event.id))
  }

  const onEvent = (event: AuthEvent): void => {
    const { id } = event
    standing.saw(event)
    switch (event.type) {
      case 'token-requested':
        underWay.begin(event, attributesOf(id))
        break
      case 'token-issued':
        finished(event, 'issued')
        break
      case 'token-request-failed':
        finished(event, OUTCOMES[event.code] ?? 'failed', event.code)
        break
      case 'token-shared':
        shared.add(1, attributesOf(id))
        break
      case 'token-request-blocked':
        blocked.add(1, attributesOf(id, { 'error.type': event.code }))
        break
      case 'token-rejected':
        rejections.add(1, attributesOf(id, { 'carrier_auth.believed': event.believed }))
        break
      case 'token-request-queued':
        waits.record(Math.max(event.startsAt - event.at, 0) / 1000, attributesOf(id))
        break
      case 'store-failed':
        storeErrors.add(1, attributesOf(id, { 'carrier_auth.store.operation': event.operation }))
        break
      case 'store-missed':
        storeMisses.add(1, attributesOf(id))
        break
      case 'challenged':
        challenges.add(
          1,
          attributesOf(id, {
            'http.response.status_code': event.status,
            'carrier_auth.recovered': event.recovered,
          }),
        )
        break
      case 'origin-untrusted':
        // Not which: there are as many as an application calls.
        untrusted.add(1, attributesOf(id))
        break
      default:
    }
  }
  const onDecision = ({ outcome, layers, reportOnly }: DecisionEvent): void => {
    const refused = layers.find((layer) => layer.reason !== undefined)
    const why = outcome !== 'authenticated' && refused !== undefined
    decisions.add(1, {
      'carrier_auth.outcome': outcome,
      'carrier_auth.enforced': !reportOnly,
      ...(why && { 'carrier_auth.layer': refused.layer, 'carrier_auth.reason': refused.reason ?? 'unknown' }),
    })
  }
  return Object.assign(onEvent, { onDecision })
}
