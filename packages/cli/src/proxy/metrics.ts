import type { AuthEvent, Strategy } from '@auth/core'

/** Counts what the proxy does, for Prometheus. */
export interface Metrics {
  onEvent(event: AuthEvent): void
  answered(status: number): void
  /** In the text format that Prometheus reads. */
  text(strategy: Strategy): string
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function metrics(): Metrics {
  const events = new Map<string, number>()
  const answers = new Map<string, number>()
  const count = (all: Map<string, number>, key: string): void => void all.set(key, (all.get(key) ?? 0) + 1)
  return {
    onEvent: ({ type }) => count(events, type),
    answered: (status) => count(answers, `${Math.floor(status / 100)}xx`),
    text(strategy) {
      const layers = strategy.status().layers
      const ends = layers.flatMap(({ state, expiresAt }) => (state !== undefined && expiresAt) || [])
      const certificates = layers.flatMap(({ daysLeft }) => daysLeft ?? [])
      return [
        ...counter('carrier_auth_proxy_requests_total', 'Answers, by class of status.', 'status', answers),
        ...counter('carrier_auth_events_total', 'Events of the strategy, by type.', 'type', events),
        ...gauge(
          'carrier_auth_token_expiry_seconds',
          'When the token ends, Unix time.',
          ends.map((at) => at / 1000),
        ),
        ...gauge('carrier_auth_certificate_days_left', 'Days until the client certificate ends.', certificates),
        '',
      ].join('\n')
    },
  }
}

function counter(name: string, help: string, label: string, values: ReadonlyMap<string, number>): string[] {
  const lines = [...values].map(([value, n]) => `${name}{${label}="${value}"} ${n}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines]
}

function gauge(name: string, help: string, values: readonly number[]): string[] {
  return values.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${Math.min(...values)}`]
}
