import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AuthEvent, memoryStore, posti, type Strategy } from '@auth/core'
import { apiKey, guard, hashApiKey, inboundRequest } from '@auth/core/verify'
import { fault, startSandbox } from '@auth/sandbox'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, onTestFinished, test } from 'vitest'
import { instrument, METRICS } from '../src/index.ts'

/** The real SDK, which keeps what it would send. */
function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const spans = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  onTestFinished(() => Promise.all([provider.shutdown(), tracers.shutdown()]).then(() => {}))
  return {
    meter: provider.getMeter('test'),
    tracer: tracers.getTracer('test'),
    spans: () => spans.getFinishedSpans(),
    /** Every value of a metric, with its attributes. */
    async values(name: string): Promise<{ value: number; attributes: Record<string, unknown> }[]> {
      exporter.reset()
      await provider.forceFlush()
      const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
      return (points as DataPoint<number | Histogram>[]).map(({ value, attributes }) => ({
        value: typeof value === 'number' ? value : value.count,
        attributes,
      }))
    },
  }
}

const call = { url: '', method: 'GET', headers: {} }
const api = (strategy: Strategy) => ({ ...call, url: `${strategy.origins[0]}/` })

describe('instrument', () => {
  test('counts and times the token requests of a strategy, with spans', async () => {
    const sandbox = await startSandbox({ carriers: ['posti'] })
    onTestFinished(() => sandbox.close())
    const { meter, tracer, spans, values } = sdk()
    const strategies: Strategy[] = []
    const onEvent = instrument({ meter, tracer, strategies: () => strategies })
    const { credentials, options } = sandbox.posti
    const good = posti(credentials, { ...options, onEvent })
    strategies.push(good)
    sandbox.posti.control.faults.tokenEndpoint(fault.unavailable, 1)
    for (let i = 0; i < 5; i++) await good.authorize(api(good))
    const bad = posti({ ...credentials, password: 'wrong-password' }, { ...options, onEvent })
    for (let i = 0; i < 2; i++) await expect(async () => bad.authorize(api(bad))).rejects.toThrow()

    expect(await values(METRICS.tokenRequests)).toEqual([
      { value: 1, attributes: { 'carrier_auth.outcome': 'unavailable' } },
      { value: 1, attributes: { 'carrier_auth.outcome': 'issued' } },
      { value: 1, attributes: { 'carrier_auth.outcome': 'rejected' } },
    ])
    expect((await values(METRICS.tokenRequestDuration)).map(({ value }) => value)).toEqual([1, 1, 1])
    expect(await values(METRICS.requestsBlocked)).toEqual([
      { value: 1, attributes: { 'error.type': 'ERR_AUTH_CREDENTIALS_REJECTED' } },
    ])
    expect(await values(METRICS.credentialRequests)).toEqual([{ value: 5, attributes: {} }])
    const [left] = await values(METRICS.blockedTimeLeft)
    expect(left?.value).toBeGreaterThan(3_500)
    expect(left?.value).toBeLessThanOrEqual(3_600)

    expect(spans().map(({ name, attributes, status }) => [name, attributes['error.type'], status.code])).toEqual([
      ['token request', 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', 2],
      ['token request', undefined, 0],
      ['token request', 'ERR_AUTH_CREDENTIALS_REJECTED', 2],
    ])
    expect(spans()[1]?.attributes).toMatchObject({ 'carrier_auth.reason': 'cold', 'http.request.resend_count': 1 })
    await bad.reset()
    expect((await values(METRICS.blockedTimeLeft))[0]?.value).toBe(0)
  })

  test('names accounts on request only', async () => {
    const { meter, values } = sdk()
    const issued: AuthEvent = { type: 'token-issued', id: 'merchant-7', at: 0, expiresAt: 1, lifetime: 1, tookMs: 1 }
    instrument({ meter })(issued)
    expect(await values(METRICS.tokenRequests)).toEqual([
      { value: 1, attributes: { 'carrier_auth.outcome': 'issued' } },
    ])
    const other = sdk()
    instrument({ meter: other.meter, account: true })(issued)
    expect(await other.values(METRICS.tokenRequests)).toEqual([
      { value: 1, attributes: { 'carrier_auth.account': 'merchant-7', 'carrier_auth.outcome': 'issued' } },
    ])
  })

  test('has a few values for each attribute, whatever paths, hosts and accounts there are', async () => {
    const { meter, values } = sdk()
    const onEvent = instrument({ meter })
    for (let i = 0; i < 1_000; i++) {
      const about = { id: `account-${i}`, at: i }
      onEvent({ type: 'origin-untrusted', ...about, method: 'GET', origin: `https://host-${i}.example` })
      onEvent({
        type: 'challenged',
        ...about,
        method: 'GET',
        path: `/parcels/${i}`,
        status: 401,
        recovered: true,
        reason: `reason ${i}`,
      })
      onEvent({ type: 'certificate-expiring', ...about, expiresAt: Date.now() + 86_400_000 * 3.5, daysLeft: 3 })
      onEvent({ type: 'store-failed', ...about, operation: 'get', message: `message ${i}`, failures: i })
      onEvent({ type: 'token-request-queued', ...about, startsAt: i + 1_000 })
    }
    for (const name of [METRICS.untrustedOrigins, METRICS.challenges, METRICS.storeErrors, METRICS.budgetWaits]) {
      expect(await values(name), name).toEqual([{ value: 1_000, attributes: expect.anything() }])
    }
    expect(await values(METRICS.certificateDaysLeft)).toEqual([{ value: 3, attributes: {} }])
  })

  test('counts the decisions of a guard by reason', async () => {
    const { meter, values } = sdk()
    const { onDecision } = instrument({ meter })
    const decide = guard(apiKey({ keys: [{ id: 'customer', hash: hashApiKey('the-key') }] }), { onDecision })
    for (const key of ['the-key', 'another', 'a-third']) {
      await decide(inboundRequest(new Request('https://localhost/', { headers: { 'x-api-key': key } })))
    }
    expect(await values(METRICS.decisions)).toEqual([
      { value: 1, attributes: { 'carrier_auth.outcome': 'authenticated', 'carrier_auth.enforced': true } },
      {
        value: 2,
        attributes: {
          'carrier_auth.outcome': 'invalid',
          'carrier_auth.enforced': true,
          'carrier_auth.layer': 'apiKey',
          'carrier_auth.reason': 'unknown',
        },
      },
    ])
  })

  test('counts shared tokens', async () => {
    const sandbox = await startSandbox({ carriers: ['posti'] })
    onTestFinished(() => sandbox.close())
    const { meter, values } = sdk()
    const onEvent = instrument({ meter })
    const store = memoryStore()
    for (let i = 0; i < 3; i++) {
      const strategy = posti(sandbox.posti.credentials, { ...sandbox.posti.options, store, onEvent })
      await strategy.authorize(api(strategy))
    }
    expect(await values(METRICS.tokensShared)).toEqual([{ value: 2, attributes: {} }])
  })

  test.each([
    [{ metre: 1 }, 'metre: is not an option of instrument; did you mean `meter`?'],
    [{ meter: {} }, 'meter: must be a Meter, not an object'],
    [{ tracer: 'x' }, 'tracer: must be a Tracer, not a string'],
    [{ account: 'yes' }, 'account: must be'],
    [{ strategies: [] }, 'strategies: must be a function that yields strategies, not an'],
  ])('refuses %j', (options, message) => {
    expect(() => instrument(options as object)).toThrow(message)
  })

  test('works without an SDK', () => {
    expect(() => instrument()({ type: 'reset', id: 'posti', at: 0 })).not.toThrow()
  })
})

test('reaches a collector by OTLP', async () => {
  let body = ''
  const collector = createServer(async (request, response) => {
    for await (const part of request) body += String(part)
    body += '\n'
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0)
  await once(collector, 'listening')
  onTestFinished(() => void collector.close())
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/metrics`
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: 3_600_000,
  })
  const provider = new MeterProvider({ readers: [reader] })
  const onEvent = instrument({ meter: provider.getMeter('test') })
  for (const event of EVERY_EVENT) onEvent(event)
  await provider.forceFlush()
  const [first = ''] = body.split('\n')
  onTestFinished(() => provider.shutdown())
  const sent = JSON.parse(first).resourceMetrics[0].scopeMetrics[0].metrics.map(({ name }: { name: string }) => name)
  const needStrategiesOrGuards: string[] = [METRICS.credentialRequests, METRICS.decisions]
  expect(sent.toSorted()).toEqual(
    Object.values(METRICS)
      .filter((name) => !needStrategiesOrGuards.includes(name))
      .toSorted(),
  )
})

describe('the Grafana dashboard', () => {
  test('asks for metrics that Prometheus gets, by names and labels that they have', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true })
    const provider = new MeterProvider({ readers: [exporter] })
    onTestFinished(() => provider.shutdown())
    const strategy = { id: 'posti', calls: 9, status: () => ({ id: 'posti', layers: [] }) } as unknown as Strategy
    const onEvent = instrument({ meter: provider.getMeter('test'), account: true, strategies: () => [strategy] })
    for (const event of EVERY_EVENT) onEvent(event)
    onEvent.onDecision({
      at: 0,
      outcome: 'invalid',
      status: 401,
      layers: [{ layer: 'apiKey', outcome: 'invalid', reason: 'unknown', via: 'x-api-key' }],
      method: 'GET',
      path: '/',
      peer: undefined,
      reportOnly: false,
    })
    const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response)).listen(0)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const text = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text()
    const names = new Set(text.match(/^carrier_auth\w+/gm))
    const dashboard = JSON.parse(readFileSync(new URL('../grafana/dashboard.json', import.meta.url), 'utf8'))
    const queries: string[] = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    )
    const asked = queries
      // OTLP receivers of Prometheus add the unit to a name, its scraper does not.
      .map((query) => query.replaceAll(/\(_(?:seconds|days)\)\?/g, ''))
      .flatMap((query) => query.match(/carrier_auth_[a-z_]+(?=[{[)\s"]|$)/g) ?? [])
    const labels = queries.flatMap((query) =>
      [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(', ')),
    )
    expect(asked.length).toBeGreaterThan(10)
    for (const name of asked.filter((one) => !labels.includes(one))) expect([...names], text).toContain(name)
    for (const label of labels) expect(text).toContain(`${label}="`)
    expect(
      [...names].filter((name) => !asked.includes(name) && /_total$/.test(name)),
      'none is left out',
    ).toEqual([])
  })
})

const about = { id: 'posti', at: Date.now() }
const later = Date.now() + 60_000
const EVERY_EVENT: readonly AuthEvent[] = [
  { type: 'token-requested', ...about, reason: 'refresh-ahead', attempt: 1 },
  { type: 'token-issued', ...about, expiresAt: later, lifetime: 60_000, tookMs: 1 },
  { type: 'token-requested', ...about, reason: 'cold', attempt: 1 },
  { type: 'token-request-failed', ...about, code: 'ERR_AUTH_CREDENTIALS_REJECTED', message: '', retryAt: later },
  { type: 'token-request-blocked', ...about, code: 'ERR_AUTH_CREDENTIALS_REJECTED', retryAt: later },
  { type: 'token-shared', ...about, expiresAt: later },
  { type: 'token-rejected', ...about, believed: true },
  { type: 'token-request-queued', ...about, startsAt: later },
  { type: 'store-failed', ...about, operation: 'get', message: '', failures: 1 },
  { type: 'store-missed', ...about },
  { type: 'challenged', ...about, method: 'GET', path: '/', status: 401, recovered: true, reason: '' },
  { type: 'origin-untrusted', ...about, method: 'GET', origin: 'https://example.com' },
  { type: 'certificate-expiring', ...about, expiresAt: later, daysLeft: 0 },
]
