import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { basic } from '../schemes/basic.ts'
import { basicPart, basicUser, headerValue } from '../secret.ts'

/** `accountNumber` has ten digits, at StarTrack eight. */
export type AustraliaPostCredentials = Secrets<'apiKey' | 'password' | 'accountNumber'>

/**
 * Australia Post and StarTrack, shipping and tracking: HTTP Basic and the account number on every request.
 *
 * @see https://developers.auspost.com.au/apis/shipping-and-tracking
 */
export const australiaPost = /* @__PURE__ */ defineCarrier<AustraliaPostCredentials>({
  id: 'australia-post',
  // The two differ by path alone: the URL that is called selects one.
  environments: {
    production: { origins: ['https://digitalapi.auspost.com.au'], basePath: '/shipping/v1' },
    test: { origins: ['https://digitalapi.auspost.com.au'], basePath: '/test/shipping/v1' },
  },
  secrets: { apiKey: basicUser, password: basicPart, accountNumber: headerValue },
  layers: ({ apiKey: key, password, accountNumber }) => [
    basic({ username: key, password }),
    apiKey('account-number', accountNumber),
  ],
})

export const about: CarrierAbout = {
  title: 'Australia Post / StarTrack (shipping)',
  sources: ['karrioapi/karrio@deea10f', 'verbb/shippy@dcbed61'],
  read: '2026-11-21',
  credentials: {
    apiKey: 'developers.auspost.com.au, shipping and tracking: API key',
    password: 'The password that was chosen with the key',
    accountNumber: 'The number of the charge account, ten digits; at StarTrack eight',
  },
  api: [
    [
      'GET /shipping/v1/accounts/1',
      'authorization: Basic base64({apiKey}:{password})',
      'account-number: {accountNumber}',
    ],
  ],
  open: [
    'The body of a 401',
    'The postage calculator (PAC) on the same host takes an AUTH-KEY header, which this strategy does not send',
  ],
}
