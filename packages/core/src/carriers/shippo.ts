import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

/** `shippo_live_…` or `shippo_test_…`. */
export type ShippoCredentials = Secrets<'token'>

/**
 * Shippo: a token with a scheme of its own. The token says whether a call is a test.
 *
 * @see https://docs.goshippo.com/docs/guides_general/authentication/
 */
export const shippo = /* @__PURE__ */ defineCarrier<ShippoCredentials>({
  id: 'shippo',
  environments: { production: { origins: ['https://api.goshippo.com'] } },
  secrets: { token: headerValue },
  layers: ({ token }) => [apiKey('authorization', token, { prefix: 'ShippoToken' })],
})

export const about: CarrierAbout = {
  title: 'Shippo',
  sources: ['goshippo/shippo-python-sdk@47df6c4', 'NangoHQ/nango@2f4c0af', 'docs.goshippo.com'],
  read: '2026-11-21',
  credentials: { token: 'Shippo, Settings, API: live or test token' },
  api: [['GET /shipments', 'authorization: ShippoToken {token}']],
  refusals: [{ at: 'api', status: 401, means: 'The token is missing or unknown', effect: 'passed' }],
  limits: ['Per endpoint and minute: 500 POST live, 50 POST test; then 429, the end in x-ratelimit-reset'],
  open: ['The tokens of OAuth partners (Bearer oauth.…) are not confirmed'],
}
