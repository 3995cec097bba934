/**
 * Names of the metrics. Units are UCUM; where no semantic convention exists, the namespace is `carrier_auth`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 */
export const METRICS = {
  tokenRequests: 'carrier_auth.token.requests',
  tokenRequestDuration: 'carrier_auth.token.request.duration',
  refreshAheadDuration: 'carrier_auth.token.refresh_ahead.duration',
  tokensShared: 'carrier_auth.token.shared',
  tokensRejected: 'carrier_auth.token.rejections',
  requestsBlocked: 'carrier_auth.token.requests_blocked',
  blockedTimeLeft: 'carrier_auth.blocked.time_left',
  budgetWaits: 'carrier_auth.budget.wait.duration',
  storeErrors: 'carrier_auth.store.errors',
  storeMisses: 'carrier_auth.store.misses',
  challenges: 'carrier_auth.api.challenges',
  untrustedOrigins: 'carrier_auth.api.untrusted_origins',
  credentialRequests: 'carrier_auth.credentials.requests',
  certificateDaysLeft: 'carrier_auth.certificate.days_left',
  decisions: 'carrier_auth.verification.decisions',
} as const
