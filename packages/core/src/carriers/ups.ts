import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { text } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'

export type UpsCredentials = Secrets<'clientId' | 'clientSecret'>

export interface UpsOptions {
  /** Default `production`. */
  environment?: 'test' | 'production'
  /** The account number, six digits; rides on the token request. */
  merchantId?: string
}

/**
 * UPS: client id and secret as Basic, a Bearer token for four hours.
 *
 * @see https://github.com/UPS-API/api-documentation
 */
export const ups = /* @__PURE__ */ defineCarrier<UpsCredentials, UpsOptions>({
  id: 'ups',
  environments: {
    test: {
      origins: ['https://wwwcie.ups.com'],
      tokenEndpoint: 'https://wwwcie.ups.com/security/v1/oauth/token',
    },
    production: {
      origins: ['https://onlinetools.ups.com'],
      tokenEndpoint: 'https://onlinetools.ups.com/security/v1/oauth/token',
    },
  },
  secrets: { clientId: basicUser, clientSecret: basicPart },
  options: { merchantId: text },
  token: { response: { error: 'response.errors.0.code' } },
  layers: ({ clientId, clientSecret }, { oauth2, options: { merchantId } }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretBasic(clientId, clientSecret),
        ...(merchantId !== undefined && { headers: { 'x-merchant-id': merchantId } }),
      }),
    ),
  ],
})

const errors = (code: string, message: string) => ({ response: { errors: [{ code, message }] } })

export const about: CarrierAbout = {
  title: 'UPS',
  sources: [
    'UPS-API/api-documentation@e6f36df: OAuthClientCredentials-Ready.yaml',
    'karrioapi/karrio#503, UPS-API/api-documentation#123, UPS-API/UPS-SDKs#21, alexeybusygin/ShippingRates#66',
  ],
  read: '2026-11-21',
  credentials: {
    clientId: 'developer.ups.com, Apps, the app: Client ID',
    clientSecret: 'developer.ups.com, Apps, the app: Client Secret',
  },
  options: { merchantId: '123456' },
  token: {
    request: [
      'POST /security/v1/oauth/token',
      'authorization: Basic base64({clientId}:{clientSecret})',
      'x-merchant-id: {merchantId}',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials',
    ],
    answer: {
      status: 200,
      body: {
        token_type: 'Bearer',
        issued_at: '{now}',
        client_id: '{clientId}',
        access_token: '{token}',
        scope: '',
        expires_in: '14399',
        refresh_count: '0',
        status: 'approved',
      },
    },
  },
  api: [['GET /api/track/v1/details/1Z999', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: errors('10401', 'ClientId is Invalid'),
      means: 'Client id or secret is wrong',
      effect: 'rejected',
    },
    {
      at: 'token',
      status: 403,
      body: errors('403', 'Blocked Merchant'),
      means: 'UPS has blocked the merchant',
      effect: 'rejected',
    },
    {
      at: 'token',
      status: 429,
      body: errors('10429', 'Too Many Requests'),
      means: 'Too many token requests',
      effect: 'throttled',
      penalty: 60_000,
    },
    {
      at: 'api',
      status: 401,
      body: errors('250002', 'Invalid Authentication Information.'),
      means: 'The token is not valid, or the app lacks the product: the answer is the same. Add the product to the app',
      effect: 'recovered',
    },
    {
      at: 'api',
      status: 403,
      body: errors('403', 'Blocked Merchant'),
      means: 'UPS has blocked the merchant',
      effect: 'passed',
    },
  ],
  limits: ['429 "Quota Limit Exceeded" has no Retry-After'],
  open: ['The response headers of a refusal', 'The numbers of the quota', 'The codes of the two 403'],
}
