import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

/** `uid` is the login's e-mail address, `clientUrl` the address of your site. */
export type BringCredentials = Secrets<'uid' | 'apiKey' | 'clientUrl'>

/**
 * Bring: three headers on every request. The key ends with the account of the user that made it.
 *
 * @see https://developer.bring.com/api
 */
export const bring = /* @__PURE__ */ defineCarrier<BringCredentials>({
  id: 'bring',
  environments: { production: { origins: ['https://api.bring.com', 'https://www.mybring.com'] } },
  secrets: { uid: headerValue, apiKey: headerValue, clientUrl: headerValue },
  layers: ({ uid, apiKey: key, clientUrl }) => [
    apiKey('x-mybring-api-uid', uid),
    apiKey('x-mybring-api-key', key),
    apiKey('x-bring-client-url', clientUrl),
  ],
})

export const about: CarrierAbout = {
  title: 'Bring / Posten Norge',
  sources: ['developer.bring.com/api', 'Nine public clients'],
  read: '2026-11-21',
  credentials: {
    uid: 'The e-mail address that you log in to Mybring with',
    apiKey: 'mybring.com, account settings, API: the key',
    clientUrl: 'The address of your own site',
  },
  api: [
    [
      'GET /tracking/api/v2/tracking.json',
      'x-mybring-api-uid: {uid}',
      'x-mybring-api-key: {apiKey}',
      'x-bring-client-url: {clientUrl}',
    ],
  ],
  limits: ['Booking: 18 a second, then 429'],
  open: ['The body of a 401'],
  changes: [
    {
      since: '2025-10-27',
      what: "The server certificates are of Let's Encrypt, no longer of Buypass: do not pin the CA",
    },
  ],
}
