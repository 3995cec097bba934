import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretHeaders } from '../client-auth/client-secret-headers.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { bearer } from '../schemes/bearer.ts'
import { headerValue } from '../secret.ts'

export type CanadaPostCredentials = Secrets<'clientId' | 'clientSecret'>

const host = 'https://api.canadapost-postescanada.ca'
const path = '/prod/devportal-portaildesdeveloppeurs/cpc-api-native-oauth-provider/oauth2/token'

/**
 * Canada Post: client id and secret as headers of the token request, a Bearer token for an hour. HTTP Basic, which its
 * older APIs took, ended on 2026-04-30. Sources disagree on the host for test apps: give `origins` where it differs.
 *
 * @see https://www.canadapost-postescanada.ca/info/mc/business/productsservices/developers/services/fundamentals.jsf
 */
export const canadaPost = /* @__PURE__ */ defineCarrier<CanadaPostCredentials>({
  id: 'canada-post',
  environments: { production: { origins: [host], tokenEndpoint: `${host}${path}` } },
  secrets: { clientId: headerValue, clientSecret: headerValue },
  token: { throttled: [{ status: 429, penalty: 60_000 }] },
  layers: ({ clientId, clientSecret }, { oauth2 }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretHeaders(
          { id: 'x-ibm-client-id', secret: 'x-ibm-client-secret' },
          clientId,
          clientSecret,
        ),
        grant: clientCredentials({ scope: 'merchant' }),
      }),
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'Canada Post',
  sources: ['Developer Portal guide, as quoted in public code of 2026', 'Eight independent clients of 2026'],
  read: '2026-11-21',
  credentials: {
    clientId: 'Developer Portal, the app: Client ID. Test or production is fixed when the app is made',
    clientSecret: 'Developer Portal, the app: Client Secret, shown once',
  },
  token: {
    request: [
      'POST /prod/devportal-portaildesdeveloppeurs/cpc-api-native-oauth-provider/oauth2/token',
      'x-ibm-client-id: {clientId}',
      'x-ibm-client-secret: {clientSecret}',
      'accept: application/json',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&scope=merchant',
    ],
    answer: {
      status: 200,
      body: { token_type: 'Bearer', access_token: '{token}', scope: 'merchant', expires_in: 3600, consented_on: 1 },
    },
  },
  api: [['GET /prod/devportal-portaildesdeveloppeurs/tracking/v1/', 'authorization: Bearer {token}']],
  refusals: [
    { at: 'token', status: 401, means: 'Client id or secret is wrong', effect: 'rejected', confirmed: false },
    {
      at: 'token',
      status: 429,
      body: { messages: [{ code: 'Server', description: 'Rejected by SLM Monitor' }] },
      means: 'Too many requests: wait for 60 s',
      effect: 'throttled',
      penalty: 60_000,
    },
    {
      at: 'api',
      status: 401,
      body: { messages: [{ code: 'AA001', description: 'Authentication failed' }] },
      means: 'AA001 to AA006: the token is missing, unknown or has expired',
      effect: 'recovered',
      confirmed: false,
    },
    {
      at: 'api',
      status: 403,
      body: { messages: [{ code: 'AA007', description: 'Not authorized' }] },
      means: 'AA007 to AA010: the platform is not authorized',
      effect: 'passed',
      confirmed: false,
    },
  ],
  limits: ['Per product, over the last 60 s. "Rejected by SLM Monitor" may come with status 200, 429, 500 or 504'],
  open: [
    'The host for test apps: api-stg.canadapost-postescanada.ca in one source, that of production in another',
    'The body of a refused token request',
    'Credentials as Basic or in the body of the token request: accepted, one source each',
  ],
  changes: [
    { until: '2026-04-30', what: 'HTTP Basic and SOAP/XML on soa-gw.canadapost.ca and ct.soa-gw.canadapost.ca' },
    { since: '2026-04-30', what: 'OAuth 2.0 alone, on another host' },
  ],
}
