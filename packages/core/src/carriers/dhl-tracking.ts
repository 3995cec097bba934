import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type DhlTrackingCredentials = Secrets<'apiKey'>

/**
 * DHL Shipment Tracking, unified over the divisions of DHL: a key in a header.
 *
 * @see https://developer.dhl.com/api-reference/shipment-tracking
 */
export const dhlTracking = /* @__PURE__ */ defineCarrier<DhlTrackingCredentials>({
  id: 'dhl-tracking',
  environments: { production: { origins: ['https://api-eu.dhl.com'] } },
  secrets: { apiKey: headerValue },
  layers: ({ apiKey: key }) => [apiKey('dhl-api-key', key)],
})

export const about: CarrierAbout = {
  title: 'DHL Shipment Tracking (unified)',
  sources: ['karrioapi/karrio@deea10f', 'verbb/shippy@dcbed61', 'developer.dhl.com, "get a higher rate limit"'],
  read: '2026-11-21',
  credentials: { apiKey: 'developer.dhl.com, My Apps, the app: API Key' },
  api: [['GET /track/shipments', 'dhl-api-key: {apiKey}']],
  limits: ['A number of calls per app and day, which is raised on request; 250 at first (not confirmed)'],
  open: ['The body of a refusal'],
}
