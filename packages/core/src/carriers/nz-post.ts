import { defineCarrier, oneOf } from '../carrier.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { anything, flag } from '../lib/options.ts'
import { apiKey } from '../schemes/api-key.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, headerValue, type SecretInput } from '../secret.ts'

export interface NzPostCredentials {
  clientId: SecretInput
  clientSecret: SecretInput
}

export interface NzPostOptions {
  /** Default `production`. */
  environment?: 'uat' | 'production'
  /** Whether API requests carry a `client_id` header beside the token, as NZ Post's gateway wants. Default `true`. */
  clientIdHeader?: boolean
}

// One authorization server for both oneOf.
const tokenEndpoint = 'https://oauth.nzpost.co.nz/as/token.oauth2'

/**
 * NZ Post: client id and secret in the body of the token request, a Bearer token for a day.
 *
 * @see https://anypoint.mulesoft.com/exchange/portals/nz-post-group
 */
export const nzPost = defineCarrier<NzPostCredentials, NzPostOptions>({
  id: 'nz-post',
  secrets: { clientId: headerValue, clientSecret: basicPart },
  options: { environment: anything, clientIdHeader: flag },
  deployment: ({ environment = 'production' }) =>
    oneOf(
      'environment',
      {
        uat: { origins: ['https://api.uat.nzpost.co.nz'], tokenEndpoint },
        production: { origins: ['https://api.nzpost.co.nz'], tokenEndpoint },
      },
      environment,
    ),
  layers({ clientId, clientSecret }, { oauth2, options: { clientIdHeader = true } }) {
    return [
      ...(clientIdHeader ? [apiKey('client_id', clientId)] : []),
      bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret) })),
    ]
  },
})
