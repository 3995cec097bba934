import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { basic } from '../schemes/basic.ts'
import { basicPart, basicUser } from '../secret.ts'

export type BpostCredentials = Secrets<'accountId' | 'passphrase'>

/**
 * bpost Shipping Manager: account id and passphrase as HTTP Basic.
 *
 * @see https://bpost.freshdesk.com
 */
export const bpost = /* @__PURE__ */ defineCarrier<BpostCredentials>({
  id: 'bpost',
  environments: { production: { origins: ['https://shm-rest.bpost.cloud'] } },
  secrets: { accountId: basicUser, passphrase: basicPart },
  layers: ({ accountId, passphrase }) => [basic({ username: accountId, password: passphrase })],
})

export const about: CarrierAbout = {
  title: 'bpost (Shipping Manager)',
  sources: ['karrioapi/karrio@deea10f (modules/connectors/bpost)', 'Five public clients'],
  read: '2026-11-21',
  credentials: {
    accountId: 'bpost Shipping Manager, Admin, General settings: account id',
    passphrase: 'bpost Shipping Manager, Admin, General settings: passphrase',
  },
  api: [['GET /services/shm/1/orders/1', 'authorization: Basic base64({accountId}:{passphrase})']],
  open: ['The body of a 401', 'api.parcel.bpost.cloud for tracked mail (one source): give `origins`'],
}
