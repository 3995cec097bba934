import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { anything } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'

export type GlsGroupCredentials = Secrets<'clientId' | 'clientSecret'>

export interface GlsGroupOptions {
  /** Default `production`. */
  environment?: 'sandbox' | 'qas' | 'production'
  /** Default: none is sent, and the token is good for all. */
  scope?: string | readonly string[]
}

/**
 * GLS Group: client id and secret as Basic, a Bearer token for up to four hours. Wrong credentials are a 400.
 *
 * @see https://dev-portal.gls-group.net
 */
export const glsGroup = /* @__PURE__ */ defineCarrier<GlsGroupCredentials, GlsGroupOptions>({
  id: 'gls-group',
  environments: {
    sandbox: {
      origins: ['https://api-sandbox.gls-group.net'],
      tokenEndpoint: 'https://api-sandbox.gls-group.net/oauth2/v2/token',
    },
    qas: {
      origins: ['https://api-qas.gls-group.net'],
      tokenEndpoint: 'https://api-qas.gls-group.net/oauth2/v2/token',
    },
    production: {
      origins: ['https://api.gls-group.net'],
      tokenEndpoint: 'https://api.gls-group.net/oauth2/v2/token',
    },
  },
  secrets: { clientId: basicUser, clientSecret: basicPart },
  options: { scope: anything },
  token: { response: { error: 'errors.0.type' }, rejected: [{ status: [400, 401] }] },
  layers: ({ clientId, clientSecret }, { oauth2, options: { scope } }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretBasic(clientId, clientSecret),
        grant: clientCredentials(scope === undefined ? {} : { scope }),
      }),
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'GLS Group',
  sources: ['GLS, authentification-service-v2.yaml, in karrioapi/karrio@deea10f (modules/connectors/gls/vendor)'],
  read: '2026-11-21',
  credentials: {
    clientId: 'dev-portal.gls-group.net, the app: Client ID',
    clientSecret: 'dev-portal.gls-group.net, the app: Client Secret',
  },
  token: {
    request: [
      'POST /oauth2/v2/token',
      'authorization: Basic base64({clientId}:{clientSecret})',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials',
    ],
    answer: { status: 200, body: { token_type: 'Bearer', access_token: '{token}', expires_in: 14_400 } },
  },
  api: [['GET /track-and-trace-v1/tracking/simple/references/1', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 400,
      body: { errors: [{ message: 'Invalid client identifier', type: '400' }] },
      means: 'Client id or secret is wrong',
      effect: 'rejected',
    },
    { at: 'token', status: 500, means: 'GLS has failed', effect: 'unavailable' },
    {
      at: 'api',
      status: 401,
      body: {
        fault: {
          faultstring: 'The Token has expired: policy(Verify-JWT)',
          detail: { errorcode: 'steps.jwt.TokenExpired' },
        },
      },
      means: 'The token has expired',
      effect: 'recovered',
    },
    {
      at: 'api',
      status: 429,
      body: {
        fault: {
          faultstring: 'Rate limit quota violation.',
          detail: { errorcode: 'policies.ratelimit.QuotaViolation' },
        },
      },
      means: 'The quota of the day is used up: waiting for seconds is no use',
      effect: 'passed',
    },
  ],
  limits: ['100 000 token requests per app and day', 'Tracking: 500 calls a day by default'],
  open: [
    'ShipIT reports errors in the response headers `error` and `message`; their values are not listed',
    'The specification of tracking still names /oauth2/v1/token',
  ],
}
