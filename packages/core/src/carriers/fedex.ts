import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { ConfigurationError } from '../errors.ts'
import { childCredentials } from '../grants/child-credentials.ts'
import { choice } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart } from '../secret.ts'

/** `childKey` and `childSecret` are those of a customer, for providers with a parent account. */
export type FedexCredentials = Secrets<'clientId' | 'clientSecret', 'childKey' | 'childSecret'>

export interface FedexOptions {
  /** Default `production`. */
  environment?: 'sandbox' | 'production'
  /** Default `client_credentials`, with a child `csp_credentials`. */
  grantType?: 'client_credentials' | 'csp_credentials' | 'client_pc_credentials'
}

/**
 * FedEx: client id and secret in the body of the token request, a Bearer token for an hour. The keys of the tracking
 * and of the shipping APIs commonly differ: then they are two strategies.
 *
 * @see https://developer.fedex.com/api/en-us/catalog/authorization.html
 */
export const fedex = /* @__PURE__ */ defineCarrier<FedexCredentials, FedexOptions>({
  id: 'fedex',
  environments: {
    // Documents are uploaded to another host, with the same token.
    sandbox: {
      origins: ['https://apis-sandbox.fedex.com', 'https://documentapitest.prod.fedex.com'],
      tokenEndpoint: 'https://apis-sandbox.fedex.com/oauth/token',
    },
    production: {
      origins: ['https://apis.fedex.com', 'https://documentapi.prod.fedex.com'],
      tokenEndpoint: 'https://apis.fedex.com/oauth/token',
    },
  },
  secrets: {
    clientId: basicPart,
    clientSecret: basicPart,
    childKey: { optional: basicPart },
    childSecret: { optional: basicPart },
  },
  options: { grantType: /* @__PURE__ */ choice('client_credentials', 'csp_credentials', 'client_pc_credentials') },
  token: {
    response: { error: 'errors.0.code' },
    rejected: [{ status: 401 }],
    throttled: [{ status: 429 }, { status: 403, penalty: 600_000 }],
  },
  // Just under the documented 3 a second for 5 seconds and 1 a second for 2 minutes.
  budget: [
    { count: 14, per: 5000 },
    { count: 119, per: 120_000 },
  ],
  layers({ clientId, clientSecret, childKey, childSecret }, { oauth2, options }) {
    const clientAuth = clientSecretPost(clientId, clientSecret)
    if (childKey === undefined && childSecret === undefined) {
      if ((options.grantType ?? 'client_credentials') !== 'client_credentials') {
        throw new ConfigurationError(
          'childKey',
          `is missing: grantType ${options.grantType} needs childKey and childSecret`,
        )
      }
      return [bearer(oauth2({ clientAuth }))]
    }
    if (childKey === undefined) throw new ConfigurationError('childKey', 'is missing beside childSecret')
    if (childSecret === undefined) throw new ConfigurationError('childSecret', 'is missing beside childKey')
    const { grantType = 'csp_credentials' } = options
    if (grantType === 'client_credentials') {
      throw new ConfigurationError('grantType', 'must be csp_credentials or client_pc_credentials with a childKey')
    }
    return [bearer(oauth2({ clientAuth, grant: childCredentials(grantType, childKey, childSecret) }))]
  },
})

const errors = (code: string, message: string) => ({ transactionId: '{now}', errors: [{ code, message }] })

export const about: CarrierAbout = {
  title: 'FedEx',
  sources: [
    'FedEx, APIAuthorization-Resource.json, in ShipStream/fedex-rest-php-sdk@bc94dcd',
    'ShipStream/fedex-rest-php-sdk@21ea8d7 (token limits), karrioapi/karrio@deea10f (separate track keys)',
  ],
  read: '2026-11-21',
  credentials: {
    clientId: 'developer.fedex.com, the project: API Key',
    clientSecret: 'developer.fedex.com, the project: Secret Key',
    childKey: 'Issued for a customer of a provider by the registration API',
    childSecret: 'Issued together with childKey',
  },
  token: {
    request: [
      'POST /oauth/token',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', token_type: 'bearer', expires_in: 3600, scope: 'CXS' } },
  },
  api: [['POST /track/v1/trackingnumbers', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: errors('NOT.AUTHORIZED.ERROR', 'The given client credentials were not valid.'),
      means: 'Client id or secret is wrong',
      effect: 'rejected',
    },
    {
      at: 'token',
      status: 403,
      headers: { 'content-type': 'text/html' },
      body: '<html><body><h1>Access Denied</h1></body></html>',
      means: 'Too many token requests from this address: ten minutes, which further requests extend',
      effect: 'throttled',
      penalty: 600_000,
    },
    {
      at: 'token',
      status: 500,
      body: errors('INTERNAL.SERVER.ERROR', 'We encountered an unexpected error.'),
      means: 'FedEx has failed',
      effect: 'unavailable',
    },
    {
      at: 'token',
      status: 503,
      body: errors('SERVICE.UNAVAILABLE.ERROR', 'The service is currently unavailable.'),
      means: 'FedEx is not available',
      effect: 'unavailable',
    },
    {
      at: 'api',
      status: 401,
      body: errors('NOT.AUTHORIZED.ERROR', 'Access token expired. Please modify your request and try again.'),
      means: 'The token has expired',
      effect: 'recovered',
    },
    {
      at: 'api',
      status: 403,
      body: errors('FORBIDDEN.ERROR', 'We could not authorize your credentials.'),
      means: 'The project lacks the API',
      effect: 'passed',
    },
  ],
  limits: [
    'Token requests, per address: 3 a second for 5 s, 1 a second for 120 s; then 403 and a penalty of 10 minutes',
    'API: 1400 in 10 s per project and a daily quota; then 429',
  ],
  open: ['The exact wording of the messages, and of the HTML page that comes with the penalty'],
}
