import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, headerValue } from '../secret.ts'
import type { TlsIdentityInput } from '../tls/identity.ts'

export interface EasypostConnectCredentials extends Secrets<'clientId' | 'clientSecret' | 'apiKey'> {
  /** The certificate signed in the portal, and its private key. */
  tls: TlsIdentityInput
}

export interface EasypostConnectOptions {
  /** Default `PRO`. The API host of `ACC` is not documented: it needs `origins`. */
  environment?: 'ACC' | 'PRO'
}

/**
 * EasyPost Connect EU: mutual TLS, an API key and a Bearer token, all three on every request.
 *
 * @see https://doc.acc.connect.easypost.eu
 */
export const easypostConnect = /* @__PURE__ */ defineCarrier<EasypostConnectCredentials, EasypostConnectOptions>({
  id: 'easypost-connect',
  standard: 'PRO',
  environments: {
    ACC: { tokenEndpoint: 'https://auth.acc.eservices.easypost.eu/oauth2/token' },
    PRO: {
      origins: ['https://api.eservices.easypost.eu'],
      tokenEndpoint: 'https://auth.eservices.easypost.eu/oauth2/token',
    },
  },
  secrets: { clientId: basicPart, clientSecret: basicPart, apiKey: headerValue, tls: { tls: true } },
  layers: ({ clientId, clientSecret, apiKey: key, tls }, { oauth2, clientCertificate }) => [
    // The certificate belongs to the API domain alone: the sample token request presents none.
    clientCertificate(tls, 'tls'),
    apiKey('x-api-key', key),
    bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret) })),
  ],
})

const portal = 'EasyPost Connect Portal, Services, Integration Pack, Connect API'

export const about: CarrierAbout = {
  title: 'EasyPost Connect EU',
  sources: ['EasyPost Connect, "Authentication": doc.acc.connect.easypost.eu'],
  read: '2026-11-21',
  credentials: {
    clientId: `${portal}: issued together with the API key`,
    clientSecret: `${portal}: issued together with the API key`,
    apiKey: `${portal}, the panel on the right`,
    tls: `${portal}: paste a signing request (RSA, 2048 bits), download client.crt`,
  },
  token: {
    request: [
      'POST /oauth2/token',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&client_id={clientId}&client_secret={clientSecret}',
    ],
    answer: { status: 200, body: { access_token: '{token}', expires_in: 3600, token_type: 'Bearer' } },
  },
  api: [['GET /jobs', 'x-api-key: {apiKey}', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 400,
      body: { error: 'invalid_client' },
      means: 'Client id or secret is wrong; Amazon Cognito, which the carrier seems to use, answers like this',
      effect: 'rejected',
      confirmed: false,
    },
    {
      at: 'api',
      status: 403,
      body: { message: 'Forbidden' },
      means: 'The API key is missing or wrong, or the certificate is not one of the portal',
      effect: 'passed',
      confirmed: false,
    },
    {
      at: 'api',
      status: 401,
      body: { message: 'Unauthorized' },
      means: 'The token is missing, unknown or has expired',
      effect: 'recovered',
      confirmed: false,
    },
  ],
  open: ['The API host of ACC', 'What the API and the token endpoint answer when they refuse'],
}
