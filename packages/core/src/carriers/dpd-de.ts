import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { text } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { fixedHeader } from '../schemes/fixed-header.ts'
import { headerValue } from '../secret.ts'

export type DpdDeCredentials = Secrets<'partnerName' | 'partnerToken' | 'cloudUserId' | 'userToken'>

export interface DpdDeOptions {
  /** Language of messages. Default `de_DE`. */
  language?: string
  /** The API host, which no document confirms. */
  origins: readonly string[]
}

/**
 * DPD Germany, Cloud API: a pair of credentials for the software and one for the customer, each as two headers.
 *
 * @see https://esolutions.dpd.com
 */
export const dpdDe = /* @__PURE__ */ defineCarrier<DpdDeCredentials, DpdDeOptions>({
  id: 'dpd-de',
  secrets: { partnerName: headerValue, partnerToken: headerValue, cloudUserId: headerValue, userToken: headerValue },
  options: { language: text },
  layers: ({ partnerName, partnerToken, cloudUserId, userToken }, { options: { language = 'de_DE' } }) => [
    fixedHeader('version', '100'),
    fixedHeader('language', language),
    apiKey('partnercredentials-name', partnerName),
    apiKey('partnercredentials-token', partnerToken),
    apiKey('usercredentials-clouduserid', cloudUserId),
    apiKey('usercredentials-token', userToken),
  ],
})

export const about: CarrierAbout = {
  title: 'DPD Germany (Cloud API)',
  sources: ['Nine public clients of the DPD Cloud API'],
  read: '2026-11-21',
  credentials: {
    partnerName: 'DPD, for the software: PartnerCredentials-Name',
    partnerToken: 'DPD, for the software: PartnerCredentials-Token',
    cloudUserId: 'DPD Cloud account, for the customer: cloudUserID',
    userToken: 'DPD Cloud account, for the customer: Token',
  },
  api: [
    [
      'GET /api/v1/ZipCodeRules',
      'version: 100',
      'language: de_DE',
      'partnercredentials-name: {partnerName}',
      'partnercredentials-token: {partnerToken}',
      'usercredentials-clouduserid: {cloudUserId}',
      'usercredentials-token: {userToken}',
    ],
  ],
  open: [
    'The host: cloud.dpd.com is not confirmed',
    'Status and body of a refusal; names with dots are ErrorID 2000, CLOUD_API_PARTNERCREDENTIALS',
  ],
}
