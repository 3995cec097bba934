import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type PostnlCredentials = Secrets<'apiKey'>

export interface PostnlOptions {
  /** Default `production`. */
  environment?: 'sandbox' | 'production'
}

/**
 * PostNL: a key in a header.
 *
 * @see https://developer.postnl.nl
 */
export const postnl = /* @__PURE__ */ defineCarrier<PostnlCredentials, PostnlOptions>({
  id: 'postnl',
  environments: {
    sandbox: { origins: ['https://api-sandbox.postnl.nl'] },
    production: { origins: ['https://api.postnl.nl'] },
  },
  secrets: { apiKey: headerValue },
  layers: ({ apiKey: key }) => [apiKey('apikey', key)],
})

export const about: CarrierAbout = {
  title: 'PostNL',
  sources: ['firstred/postnl-api-php@93abf11', 'tig-nl/postnl-magento2@c5570db'],
  read: '2026-11-21',
  credentials: { apiKey: 'Business portal of PostNL, API key; sandbox and production have keys of their own' },
  api: [['GET /shipment/v2_2/label', 'apikey: {apiKey}']],
  refusals: [
    {
      at: 'api',
      status: 401,
      body: { fault: { faultstring: 'Invalid ApiKey', detail: { errorcode: 'oauth.v2.InvalidApiKey' } } },
      means: 'The key is wrong; gateways of the kind that PostNL seems to use answer like this',
      effect: 'passed',
      confirmed: false,
    },
  ],
}
