import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { fixedHeader } from '../schemes/fixed-header.ts'
import { headerValue } from '../secret.ts'

export type RoyalMailTrackingCredentials = Secrets<'clientId' | 'clientSecret'>

/**
 * Royal Mail Tracking: client id and secret as headers, and consent to the terms on every request.
 *
 * @see https://developer.royalmail.net
 */
export const royalMailTracking = /* @__PURE__ */ defineCarrier<RoyalMailTrackingCredentials>({
  id: 'royal-mail-tracking',
  environments: { production: { origins: ['https://api.royalmail.net'] } },
  secrets: { clientId: headerValue, clientSecret: headerValue },
  layers: ({ clientId, clientSecret }) => [
    apiKey('x-ibm-client-id', clientId),
    apiKey('x-ibm-client-secret', clientSecret),
    // Without it the API answers 400, E0004.
    fixedHeader('x-accept-rmg-terms', 'yes'),
  ],
})

export const about: CarrierAbout = {
  title: 'Royal Mail Tracking (v2)',
  sources: ['Royal Mail, Tracking API v2, in bricre/royalmail-tracking-v2-sdk@512f5e2'],
  read: '2026-11-21',
  credentials: {
    clientId: 'developer.royalmail.net, the app: Client ID',
    clientSecret: 'developer.royalmail.net, the app: Client Secret',
  },
  api: [
    [
      'GET /mailpieces/v2/090367574000000FE1E1B/events',
      'x-ibm-client-id: {clientId}',
      'x-ibm-client-secret: {clientSecret}',
      'x-accept-rmg-terms: yes',
    ],
  ],
  refusals: [
    {
      at: 'api',
      status: 401,
      body: { httpCode: '401', httpMessage: 'Unauthorized', moreInformation: 'Invalid client id or secret' },
      means: 'Client id or secret is wrong',
      effect: 'passed',
    },
    {
      at: 'api',
      status: 429,
      body: {
        httpCode: '429',
        httpMessage: 'Too Many Requests',
        moreInformation: 'The rate limit has been exceeded for the plan',
      },
      means: 'The rate limit of the plan is exceeded',
      effect: 'passed',
    },
  ],
}
