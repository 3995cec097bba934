import { defineCarrier, oneOf } from '../carrier.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { anything } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, headerValue, type SecretInput } from '../secret.ts'
import { clientCertificate, type TlsIdentityInput, withAnchors, withCertificate } from '../tls/identity.ts'

export interface EasypostConnectCredentials {
  clientId: SecretInput
  clientSecret: SecretInput
  /** Issued together with client id and secret. */
  apiKey: SecretInput
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
export const easypostConnect = defineCarrier<EasypostConnectCredentials, EasypostConnectOptions>({
  id: 'easypost-connect',
  secrets: { clientId: basicPart, clientSecret: basicPart, apiKey: headerValue },
  others: ['tls'],
  options: { environment: anything },
  deployment: ({ environment = 'PRO' }) =>
    oneOf(
      'environment',
      {
        ACC: { tokenEndpoint: 'https://auth.acc.eservices.easypost.eu/oauth2/token' },
        PRO: {
          origins: ['https://api.eservices.easypost.eu'],
          tokenEndpoint: 'https://auth.eservices.easypost.eu/oauth2/token',
        },
      },
      environment,
    ),
  layers({ clientId, clientSecret, apiKey: key, tls }, { oauth2, options: { ca } }) {
    const own = withCertificate(tls, 'tls')
    return [
      // The certificate belongs to the API domain alone: the sample token request presents none.
      clientCertificate(ca === undefined ? own : withAnchors(own, ca)),
      apiKey('x-api-key', key),
      bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret) })),
    ]
  },
})
