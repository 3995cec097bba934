import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type ShipengineCredentials = Secrets<'apiKey'>

/**
 * ShipEngine: a key in a header. The keys of the sandbox begin with `TEST_`.
 *
 * @see https://www.shipengine.com/docs/auth/
 */
export const shipengine = /* @__PURE__ */ defineCarrier<ShipengineCredentials>({
  id: 'shipengine',
  environments: { production: { origins: ['https://api.shipengine.com'] } },
  secrets: { apiKey: headerValue },
  layers: ({ apiKey: key }) => [apiKey('api-key', key)],
})

export const about: CarrierAbout = {
  title: 'ShipEngine',
  sources: ['ShipEngine/shipengine-openapi@f77943e', 'ShipEngine/shipengine-js@e1700be'],
  read: '2026-11-21',
  credentials: { apiKey: 'ShipEngine dashboard, API Management: production or sandbox key' },
  api: [['GET /v1/labels', 'api-key: {apiKey}']],
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
