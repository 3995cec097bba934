import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { password as passwordGrant } from '../grants/password.ts'
import { basic } from '../schemes/basic.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'

/** `username` and `password` are those of the business customer portal, `clientId` and `clientSecret` of the app. */
export type DhlParcelDeCredentials = Secrets<'username' | 'password' | 'clientId' | 'clientSecret'>

export interface DhlParcelDeOptions {
  /** Default `production`. */
  environment?: 'sandbox' | 'production'
}

/**
 * DHL Parcel DE (Post & Parcel Germany): a user of the portal and an app for a Bearer token of half an hour; tracking
 * takes the app's key and secret as HTTP Basic.
 *
 * @see https://developer.dhl.com/api-reference/authentication-api-post-parcel-germany
 */
export const dhlParcelDe = /* @__PURE__ */ defineCarrier<DhlParcelDeCredentials, DhlParcelDeOptions>({
  id: 'dhl-parcel-de',
  environments: {
    sandbox: {
      origins: ['https://api-sandbox.dhl.com'],
      tokenEndpoint: 'https://api-sandbox.dhl.com/parcel/de/account/auth/ropc/v1/token',
    },
    production: {
      origins: ['https://api-eu.dhl.com'],
      tokenEndpoint: 'https://api-eu.dhl.com/parcel/de/account/auth/ropc/v1/token',
    },
  },
  secrets: { username: basicPart, password: basicPart, clientId: basicUser, clientSecret: basicPart },
  token: { hint: 'The password of the portal user may have expired' },
  layers: ({ username, password, clientId, clientSecret }, { oauth2 }) => ({
    layers: [
      bearer(
        oauth2({
          clientAuth: clientSecretPost(clientId, clientSecret),
          grant: passwordGrant({ username, password }),
        }),
      ),
    ],
    routes: [{ paths: ['/parcel/de/tracking'], layers: [basic({ username: clientId, password: clientSecret })] }],
  }),
})

export const about: CarrierAbout = {
  title: 'DHL Parcel DE',
  sources: [
    'DHL, pp-account-auth-ropc_0.yaml, in kruegge82/dhl-authentication-oauth-api@539d24b',
    'developer.dhl.com, Parcel DE Shipping, Returns, Pickup and Tracking',
  ],
  read: '2026-11-21',
  credentials: {
    username: 'geschaeftskunden.dhl.de (GKP): the user',
    password: 'geschaeftskunden.dhl.de (GKP): the password of the user',
    clientId: 'developer.dhl.com, the app: API Key',
    clientSecret: 'developer.dhl.com, the app: API Secret',
  },
  token: {
    request: [
      'POST /parcel/de/account/auth/ropc/v1/token',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=password&username={username}&password={password}&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', token_type: 'Bearer', expires_in: 1799 } },
  },
  api: [
    ['GET /parcel/de/shipping/v2/orders', 'authorization: Bearer {token}'],
    ['GET /parcel/de/tracking/v0/shipments', 'authorization: Basic base64({clientId}:{clientSecret})'],
  ],
  refusals: [
    { at: 'token', status: 401, means: 'A credential is wrong, or the password has expired', effect: 'rejected' },
    {
      at: 'api',
      status: 401,
      body: { title: 'Unauthorized', status: 401, detail: 'The credentials are just wrong.' },
      means: 'The token is missing, unknown or has expired',
      effect: 'recovered',
    },
    {
      at: 'api',
      status: 403,
      body: { title: 'Forbidden', status: 403, detail: 'The user could not be authorized.' },
      means: 'The user or the app lacks the right',
      effect: 'passed',
    },
  ],
  probe: { method: 'GET', path: '/parcel/de/account/auth/ropc/v1/hello' },
  open: [
    'The bodies of refused token requests (400, 401, 403)',
    'Tracking wants `appname` and `password` inside an XML query as well: that part is yours',
    'The API key as a header with HTTP Basic of the portal user is another way to call, which this strategy does not use',
  ],
}
