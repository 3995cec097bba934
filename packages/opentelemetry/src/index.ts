// @auth/opentelemetry: metrics and spans from events.
export { type Instrumentation, type InstrumentOptions, instrument } from './instrument.ts'
export { METRICS } from './metric-names.ts'
