import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type ShipstationCredentials = Secrets<'apiKey'>

/**
 * ShipStation, version 2 of its API: a key in a header. Version 1 has another host and HTTP Basic.
 *
 * @see https://docs.shipstation.com/authentication
 */
export const shipstation = /* @__PURE__ */ defineCarrier<ShipstationCredentials>({
  id: 'shipstation',
  environments: { production: { origins: ['https://api.shipstation.com'] } },
  secrets: { apiKey: headerValue },
  layers: ({ apiKey: key }) => [apiKey('api-key', key)],
})

export const about: CarrierAbout = {
  title: 'ShipStation (API v2)',
  sources: ['docs.shipstation.com', 'NangoHQ/nango@2f4c0af'],
  read: '2026-11-21',
  credentials: { apiKey: 'ShipStation, Settings, Account, API Settings: key of version 2' },
  api: [['GET /v2/labels', 'api-key: {apiKey}']],
  refusals: [
    {
      at: 'api',
      status: 401,
      body: {
        request_id: '00000000-0000-0000-0000-000000000000',
        errors: [
          {
            error_source: 'shipengine',
            error_type: 'security',
            error_code: 'unauthorized',
            message: 'The API key is invalid.',
          },
        ],
      },
      means: 'The key is missing, wrong or has expired',
      effect: 'passed',
    },
    {
      at: 'api',
      status: 429,
      headers: { 'retry-after': '30' },
      body: {
        request_id: '00000000-0000-0000-0000-000000000000',
        errors: [
          {
            error_source: 'shipengine',
            error_type: 'system',
            error_code: 'rate_limit_exceeded',
            message: 'Too many requests.',
          },
        ],
      },
      means: 'Too many requests; error_source "carrier" says that the carrier behind it throttles',
      effect: 'passed',
    },
  ],
  limits: ['200 requests a minute, in the sandbox 20; then 429 with Retry-After in seconds'],
}
