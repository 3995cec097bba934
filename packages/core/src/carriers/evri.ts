import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { required, text } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, headerValue } from '../secret.ts'

export type EvriCredentials = Secrets<'clientId' | 'clientSecret' | 'apiKey'>

export interface EvriOptions {
  /** Default `production`. The API host of `test` is not documented: it needs `origins`. */
  environment?: 'test' | 'production'
  /** Which API the token is for: its name, such as `client-tracking-api`, or its base URL. */
  audience: string
}

/**
 * Evri (Hermes UK): a token of Auth0 for one API, and a key beside it.
 *
 * @see https://www.evri.com
 */
export const evri = /* @__PURE__ */ defineCarrier<EvriCredentials, EvriOptions>({
  id: 'evri',
  environments: {
    test: { tokenEndpoint: 'https://hermes-client-integration-pre.eu.auth0.com/oauth/token' },
    production: {
      origins: ['https://api.hermesworld.co.uk'],
      tokenEndpoint: 'https://hermes-client-integration-prod.eu.auth0.com/oauth/token',
    },
  },
  secrets: { clientId: basicPart, clientSecret: basicPart, apiKey: headerValue },
  options: { audience: /* @__PURE__ */ required(text) },
  layers: ({ clientId, clientSecret, apiKey: key }, { oauth2, options: { audience } }) => [
    apiKey('apikey', key),
    bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret), grant: clientCredentials({ audience }) })),
  ],
})

export const about: CarrierAbout = {
  title: 'Evri (UK)',
  sources: ['Four public clients of Evri UK'],
  read: '2026-11-21',
  credentials: {
    clientId: 'Evri, client integration team',
    clientSecret: 'Evri, client integration team',
    apiKey: 'Evri, client integration team: the key of the API',
  },
  options: { audience: 'client-tracking-api' },
  token: {
    request: [
      'POST /oauth/token',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&audience=client-tracking-api&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', expires_in: 86_400, token_type: 'Bearer' } },
  },
  api: [['GET /client-tracking-api/v1/events', 'apikey: {apiKey}', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
      means: 'Client id or secret is wrong; Auth0 answers like this',
      effect: 'rejected',
      confirmed: false,
    },
    {
      at: 'api',
      status: 401,
      means: 'The token or the key is missing, unknown or has expired',
      effect: 'recovered',
      confirmed: false,
    },
  ],
  open: [
    'The API host of the test environment',
    'oauth.prod.evricloud.co.uk as a newer name of the token endpoint (one source): give `tokenEndpoint`',
    'How long a token lives: Auth0 says 86 400 s by default',
  ],
}
