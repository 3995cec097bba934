import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { anything } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart } from '../secret.ts'

export type InpostGroupCredentials = Secrets<'clientId' | 'clientSecret'>

export interface InpostGroupOptions {
  /** Default `production`. */
  environment?: 'stage' | 'production'
  /** Such as `openid api:points:read api:shipments:write`. Default: none is sent. */
  scope?: string | readonly string[]
}

/**
 * InPost Group (international): client id and secret in the body, a Bearer token for ten minutes.
 *
 * @see https://developers.inpost-group.com/authentication
 */
export const inpostGroup = /* @__PURE__ */ defineCarrier<InpostGroupCredentials, InpostGroupOptions>({
  id: 'inpost-group',
  environments: {
    stage: {
      origins: ['https://stage-api.inpost-group.com'],
      tokenEndpoint: 'https://stage-api.inpost-group.com/oauth2/token',
    },
    production: {
      origins: ['https://api.inpost-group.com'],
      tokenEndpoint: 'https://api.inpost-group.com/oauth2/token',
    },
  },
  secrets: { clientId: basicPart, clientSecret: basicPart },
  options: { scope: anything },
  layers: ({ clientId, clientSecret }, { oauth2, options: { scope } }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretPost(clientId, clientSecret),
        grant: clientCredentials(scope === undefined ? {} : { scope }),
      }),
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'InPost Group (international)',
  sources: ['developers.inpost-group.com/authentication', 'groomershop/inpostinternational@9fa828e (etc/config.xml)'],
  read: '2026-11-21',
  credentials: {
    clientId: 'Merchant portal of InPost International, API: client_id',
    clientSecret: 'Merchant portal of InPost International, API: client_secret',
  },
  options: { scope: 'openid api:points:read' },
  token: {
    request: [
      'POST /oauth2/token',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&scope=openid+api%3Apoints%3Aread&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', token_type: 'Bearer', expires_in: 599 } },
  },
  api: [['GET /', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { error: 'invalid_client' },
      means: 'Client id or secret is wrong; Keycloak, which InPost uses, answers like this',
      effect: 'rejected',
      confirmed: false,
    },
    {
      at: 'api',
      status: 401,
      means: 'The token is missing, unknown or has expired',
      effect: 'recovered',
      confirmed: false,
    },
  ],
  limits: ['A token lives for 599 s (one source)', 'The credentials in the body and as Basic at once are a 400'],
  open: ['The body of a refused token request', 'Whether a token without scope has any right on the API'],
}
