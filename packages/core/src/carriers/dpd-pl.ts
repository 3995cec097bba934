import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { basic } from '../schemes/basic.ts'
import { basicPart, basicUser, headerValue } from '../secret.ts'

/** `fid` is the master FID, the number of the payer. */
export type DpdPlCredentials = Secrets<'username' | 'password' | 'fid'>

/**
 * DPD Poland: HTTP Basic and the master FID on every request.
 *
 * @see https://dpdservices.dpd.com.pl
 */
export const dpdPl = /* @__PURE__ */ defineCarrier<DpdPlCredentials>({
  id: 'dpd-pl',
  environments: { production: { origins: ['https://dpdservices.dpd.com.pl'] } },
  secrets: { username: basicUser, password: basicPart, fid: headerValue },
  layers: ({ username, password, fid }) => [basic({ username, password }), apiKey('x-dpd-fid', fid)],
})

export const about: CarrierAbout = {
  title: 'DPD Poland',
  sources: ['Eight public clients of DPD Poland'],
  read: '2026-11-21',
  credentials: {
    username: 'DPD Polska, with the contract',
    password: 'DPD Polska, with the contract',
    fid: 'DPD Polska, with the contract: master FID',
  },
  api: [
    [
      'POST /public/shipment/v1/generatePackagesNumbers',
      'authorization: Basic base64({username}:{password})',
      'x-dpd-fid: {fid}',
    ],
  ],
  open: ['The body of a 401'],
}
