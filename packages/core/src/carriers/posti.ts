import { defineCarrier, oneOf } from '../carrier.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { anything } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser, type SecretInput } from '../secret.ts'
import { REJECTED } from '../token/outcome-patterns.ts'

export interface PostiCredentials {
  /** Name of the service account. */
  username: SecretInput
  password: SecretInput
}

export interface PostiOptions {
  /** Default `Prod`. The API hosts of `QA` and `UAT` are not documented: they need `origins`. */
  environment?: 'QA' | 'UAT' | 'Prod'
}

/**
 * Posti: a service account's Basic credentials for a Bearer token. Five invalid logins lock an account for an hour, so
 * a refused password is not tried again for as long.
 *
 * @see https://api.posti.fi
 */
export const posti = defineCarrier<PostiCredentials, PostiOptions>({
  id: 'posti',
  secrets: { username: basicUser, password: basicPart },
  options: { environment: anything },
  deployment: ({ environment = 'Prod' }) =>
    oneOf(
      'environment',
      {
        QA: { tokenEndpoint: 'https://oauth2.barium.posti.com/oauth/token' },
        UAT: { tokenEndpoint: 'https://oauth2.barium.posti.com/oauth/token' },
        Prod: { origins: ['https://api.posti.fi'], tokenEndpoint: 'https://oauth2.posti.com/oauth/token' },
      },
      environment,
    ),
  layers: ({ username, password }, { oauth2 }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretBasic(username, password),
        // "Url parameter grant_type=client_credentials must also be included to the request."
        grant: clientCredentials({ placement: 'query' }),
        // Its own words for a wrong password; the document has them with 401, the fault they name with any status.
        rejected: [...REJECTED, { error: ['Unauthorized', 'unauthorized'] }],
        lockout: 60 * 60 * 1000,
        hint: 'Five refusals lock the account for an hour; check user name and password before the next attempt',
      }),
    ),
  ],
})
