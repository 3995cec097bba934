import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type InpostShipxCredentials = Secrets<'token'>

export interface InpostShipxOptions {
  /** Default `production`. */
  environment?: 'sandbox' | 'production'
}

/**
 * InPost ShipX: a token that is made once in the portal, as Bearer.
 *
 * @see https://dokumentacja-inpost.atlassian.net
 */
export const inpostShipx = /* @__PURE__ */ defineCarrier<InpostShipxCredentials, InpostShipxOptions>({
  id: 'inpost-shipx',
  environments: {
    sandbox: { origins: ['https://sandbox-api-shipx-pl.easypack24.net'] },
    production: { origins: ['https://api-shipx-pl.easypack24.net'] },
  },
  secrets: { token: headerValue },
  layers: ({ token }) => [apiKey('authorization', token, { prefix: 'Bearer' })],
})

export const about: CarrierAbout = {
  title: 'InPost ShipX (Poland)',
  sources: ['InPost-Magento/smartmage_inpost@308d725'],
  read: '2026-11-21',
  credentials: { token: 'Parcel Manager (manager.paczkomaty.pl), My Account, API: the token of ShipX' },
  api: [['GET /v1/organizations', 'authorization: Bearer {token}']],
  open: ['The bodies of 401 and 403'],
}
