import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretHeaders } from '../client-auth/client-secret-headers.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { headerValue } from '../secret.ts'

/** `clientId` and `clientSecret` are those of the app, `username` and `password` of the shipping account. */
export type RoyalMailShippingCredentials = Secrets<'clientId' | 'clientSecret' | 'username' | 'password'>

/**
 * Royal Mail Shipping, version 3: four credentials as headers of the token request, then a token in a header of its own
 * beside client id and secret.
 *
 * @see https://developer.royalmail.net
 */
export const royalMailShipping = /* @__PURE__ */ defineCarrier<RoyalMailShippingCredentials>({
  id: 'royal-mail-shipping',
  environments: {
    production: {
      origins: ['https://api.royalmail.net'],
      tokenEndpoint: 'https://api.royalmail.net/shipping/v3/token',
    },
  },
  secrets: { clientId: headerValue, clientSecret: headerValue, username: headerValue, password: headerValue },
  // The answer names no lifetime; the sample token lives for four hours.
  token: { response: { accessToken: 'token', error: 'httpCode' }, defaultLifetime: 4 * 3_600_000 },
  layers: ({ clientId, clientSecret, username, password }, { oauth2 }) => [
    apiKey('x-ibm-client-id', clientId),
    apiKey('x-ibm-client-secret', clientSecret),
    bearer(
      oauth2({
        clientAuth: clientSecretHeaders(
          { id: 'x-ibm-client-id', secret: 'x-ibm-client-secret' },
          clientId,
          clientSecret,
        ),
        grant: { parameters: [], placement: 'body' },
        headers: { 'x-rmg-security-username': username, 'x-rmg-security-password': password },
      }),
      { header: 'x-rmg-auth-token', prefix: '' },
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'Royal Mail Shipping (v3)',
  sources: ['Royal Mail, Shipping API v3, in bricre/royalmail-shipping-v3-sdk@ad47a38'],
  read: '2026-11-21',
  credentials: {
    clientId: 'developer.royalmail.net, the app: Client ID',
    clientSecret: 'developer.royalmail.net, the app: Client Secret',
    username: 'Royal Mail, with the shipping account',
    password: 'Royal Mail, with the shipping account; sent as it is',
  },
  token: {
    request: [
      'POST /shipping/v3/token',
      'x-ibm-client-id: {clientId}',
      'x-ibm-client-secret: {clientSecret}',
      'x-rmg-security-username: {username}',
      'x-rmg-security-password: {password}',
      'accept: application/json',
    ],
    answer: { status: 200, body: { token: '{token}' } },
  },
  api: [
    [
      'POST /shipping/v3/shipments',
      'x-ibm-client-id: {clientId}',
      'x-ibm-client-secret: {clientSecret}',
      'x-rmg-auth-token: {token}',
    ],
  ],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { httpCode: 401, httpMessage: 'Unauthorized', moreInformation: 'Invalid or expired token.' },
      means: 'A credential is wrong',
      effect: 'rejected',
    },
    {
      at: 'api',
      status: 401,
      body: { httpCode: 401, httpMessage: 'Unauthorized', moreInformation: 'Invalid or expired token.' },
      means: 'The token is unknown or has expired',
      effect: 'recovered',
    },
  ],
  limits: ['A token lives for four hours in the sample; the answer does not say so'],
  open: [
    'Test and production have one host: the account decides',
    'Version 4 (api.proshipping.net, OAuth 2.0): its token endpoint is not known',
  ],
}
