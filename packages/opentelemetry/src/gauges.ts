import type { AuthEvent, Strategy } from '@auth/core'
import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api'
import { METRICS } from './metric-names.ts'

export interface GaugeOptions {
  readonly meter: Meter
  attributesOf(id: string, more?: Attributes): Attributes
  readonly strategies: (() => Iterable<Strategy>) | undefined
}

const DAY = 24 * 60 * 60 * 1000

/** What is so now, rather than what has happened: observed when somebody collects. */
export function gauges({ meter, attributesOf, strategies }: GaugeOptions): { saw(event: AuthEvent): void } {
  /** Epoch ms, by account. */
  const blockedUntil = new Map<string, number>()
  const certificateEnds = new Map<string, number>()

  meter
    .createObservableGauge(METRICS.blockedTimeLeft, {
      unit: 's',
      description: 'Until token requests go out again, where credentials were rejected or the endpoint throttles.',
    })
    .addCallback((result) => {
      const left = [...blockedUntil].map(([id, until]) => [id, Math.max(until - Date.now(), 0) / 1000] as const)
      observe(result, left, Math.max)
    })
  meter
    .createObservableGauge(METRICS.certificateDaysLeft, {
      unit: 'd',
      description: 'Days until the client certificate ends that ends first.',
    })
    .addCallback((result) => {
      const ends = new Map(certificateEnds)
      for (const strategy of strategies?.() ?? []) {
        for (const { daysLeft, expiresAt } of strategy.status().layers) {
          if (daysLeft !== undefined && expiresAt !== undefined) ends.set(strategy.id, expiresAt)
        }
      }
      const left = [...ends].map(([id, end]) => [id, Math.floor((end - Date.now()) / DAY)] as const)
      observe(result, left, Math.min)
    })
  if (strategies !== undefined) {
    meter
      .createObservableCounter(METRICS.credentialRequests, {
        unit: '{request}',
        description: 'Requests that asked for credentials; the cache answers all but the token requests.',
      })
      .addCallback((result) => {
        const calls = [...strategies()].map(({ id, calls = 0 }) => [id, calls] as const)
        observe(result, calls, (...all) => all.reduce((sum, n) => sum + n, 0))
      })
  }

  /** One value for each account, or one for all of them where accounts are no attribute. */
  function observe(
    result: ObservableResult,
    values: readonly (readonly [id: string, value: number])[],
    combine: (...values: number[]) => number,
  ): void {
    const groups = new Map<string, { attributes: Attributes; values: number[] }>()
    for (const [id, value] of values) {
      const attributes = attributesOf(id)
      const group = groups.get(JSON.stringify(attributes)) ?? { attributes, values: [] }
      group.values.push(value)
      groups.set(JSON.stringify(attributes), group)
    }
    for (const { attributes, values } of groups.values()) result.observe(combine(...values), attributes)
  }

  return {
    saw(event) {
      switch (event.type) {
        case 'token-request-failed':
          // An endpoint that is down is asked again soon, and blocks nobody.
          if (event.code !== 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE' && event.retryAt !== undefined) {
            blockedUntil.set(event.id, event.retryAt)
          }
          break
        case 'token-request-blocked':
          blockedUntil.set(event.id, event.retryAt)
          break
        case 'token-issued':
        case 'token-shared':
        case 'reset':
          if (blockedUntil.has(event.id)) blockedUntil.set(event.id, 0)
          break
        case 'certificate-expiring':
          certificateEnds.set(event.id, event.expiresAt)
          break
        default:
      }
    },
  }
}
