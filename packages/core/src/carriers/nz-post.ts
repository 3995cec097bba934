import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { flag } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, headerValue } from '../secret.ts'

export type NzPostCredentials = Secrets<'clientId' | 'clientSecret'>

export interface NzPostOptions {
  /** Default `production`. */
  environment?: 'uat' | 'production'
  /** Whether API requests carry a `client_id` header beside the token, as NZ Post's gateway wants. Default `true`. */
  clientIdHeader?: boolean
}

// One authorization server for both environments.
const tokenEndpoint = 'https://oauth.nzpost.co.nz/as/token.oauth2'

/**
 * NZ Post: client id and secret in the body of the token request, a Bearer token for a day.
 *
 * @see https://anypoint.mulesoft.com/exchange/portals/nz-post-group
 */
export const nzPost = /* @__PURE__ */ defineCarrier<NzPostCredentials, NzPostOptions>({
  id: 'nz-post',
  environments: {
    uat: { origins: ['https://api.uat.nzpost.co.nz'], tokenEndpoint },
    production: { origins: ['https://api.nzpost.co.nz'], tokenEndpoint },
  },
  secrets: { clientId: headerValue, clientSecret: basicPart },
  options: { clientIdHeader: flag },
  layers: ({ clientId, clientSecret }, { oauth2, options: { clientIdHeader = true } }) => [
    ...(clientIdHeader ? [apiKey('client_id', clientId)] : []),
    bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret) })),
  ],
})

export const about: CarrierAbout = {
  title: 'NZ Post',
  sources: ['NZ Post, "Authentication": anypoint.mulesoft.com/exchange/portals/nz-post-group'],
  read: '2026-11-21',
  credentials: {
    clientId: 'Developer portal (Anypoint), My Applications',
    clientSecret: 'Developer portal (Anypoint), My Applications',
  },
  token: {
    request: [
      'POST /as/token.oauth2',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', token_type: 'Bearer', expires_in: 86_399 } },
  },
  api: [['GET /', 'client_id: {clientId}', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { error: 'invalid_client' },
      means: 'Client id or secret is wrong; PingFederate, which NZ Post seems to use, answers like this',
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
  limits: ['15 calls a second over all merchants together; what exceeds it is queued and times out after 60 s'],
  open: ['The body that the token endpoint answers refused credentials with'],
}
