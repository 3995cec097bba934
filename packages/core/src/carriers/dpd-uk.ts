import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { when } from '../lib/maybe-promise.ts'
import { anything } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser, headerValue } from '../secret.ts'

export type DpdUkCredentials = Secrets<'username' | 'password' | 'accountNumber'>

export interface DpdUkOptions {
  /** Whose host: the account belongs to one of them. Default `dpd`. */
  brand?: 'dpd' | 'dpdLocal' | 'interlink'
}

/**
 * DPD UK, DPD Local and Interlink Express: a login with HTTP Basic for a session, which every call carries beside the
 * account number.
 *
 * @see https://developers.api.dpd.co.uk
 */
export const dpdUk = /* @__PURE__ */ defineCarrier<DpdUkCredentials, DpdUkOptions>({
  id: 'dpd-uk',
  selectedBy: 'brand',
  standard: 'dpd',
  environments: {
    dpd: { origins: ['https://api.dpd.co.uk'], tokenEndpoint: 'https://api.dpd.co.uk/user/?action=login' },
    dpdLocal: {
      origins: ['https://api.dpdlocal.co.uk'],
      tokenEndpoint: 'https://api.dpdlocal.co.uk/user/?action=login',
    },
    interlink: {
      origins: ['https://api.interlinkexpress.com'],
      tokenEndpoint: 'https://api.interlinkexpress.com/user/?action=login',
    },
  },
  secrets: { username: basicUser, password: basicPart, accountNumber: headerValue },
  options: { brand: anything },
  // No lifetime is documented; a client in use takes 25 minutes.
  token: { response: { accessToken: 'data.geoSession' }, defaultLifetime: 25 * 60_000 },
  layers: ({ username, password, accountNumber }, { oauth2 }) => [
    apiKey('geoclient', () => when(accountNumber(), (number) => `account/${number}`)),
    bearer(
      oauth2({
        clientAuth: clientSecretBasic(username, password),
        grant: { parameters: [], placement: 'body' },
      }),
      { header: 'geosession', prefix: '' },
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'DPD UK, DPD Local, Interlink',
  sources: ['Public clients of DPD UK'],
  read: '2026-11-21',
  credentials: {
    username: 'DPD UK, with the account: user of the API',
    password: 'DPD UK, with the account: password of the API',
    accountNumber: 'The number of the account, without `account/`',
  },
  token: {
    request: ['POST /user/?action=login', 'authorization: Basic base64({username}:{password})'],
    answer: { status: 200, body: { error: null, data: { geoSession: '{token}' } } },
  },
  api: [['GET /shipping/network/', 'geoclient: account/{accountNumber}', 'geosession: {token}']],
  refusals: [
    { at: 'token', status: 401, means: 'User name or password is wrong', effect: 'rejected', confirmed: false },
    { at: 'api', status: 401, means: 'The session is unknown or has ended', effect: 'recovered', confirmed: false },
  ],
  limits: ['A session is kept for 25 minutes; no document says how long it lives'],
  open: ['How long a session lives', 'The bodies of refusals'],
}
