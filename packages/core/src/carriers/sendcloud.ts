import { defineCarrier } from '../carrier.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { choice } from '../lib/options.ts'
import { basic } from '../schemes/basic.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser, type SecretInput } from '../secret.ts'

export interface SendcloudCredentials {
  publicKey: SecretInput
  /** The integration's Secret Key, which the documents also call Private Key. */
  secretKey: SecretInput
}

export interface SendcloudOptions {
  /** As the integration is set up: `oauth2` if "Use OAuth2 authentication" is ticked, else `basic`, the default. */
  mode?: 'basic' | 'oauth2'
}

const FLAG = "mode: 'oauth2' is for integrations with 'Use OAuth2 authentication' ticked, mode: 'basic' for the others"

/**
 * Sendcloud: one pair of keys, either as HTTP Basic on every request or for an OAuth 2.0 token.
 *
 * @see https://sendcloud.dev/docs/getting-started/authentication
 */
export const sendcloud = defineCarrier<SendcloudCredentials, SendcloudOptions>({
  id: 'sendcloud',
  secrets: { publicKey: basicUser, secretKey: basicPart },
  options: { mode: choice('basic', 'oauth2') },
  deployment: () => ({
    origins: [
      'https://panel.sendcloud.sc',
      // The page names the host in the singular, it answers in the plural.
      'https://servicepoints.sendcloud.sc',
      'https://servicepoint.sendcloud.sc',
    ],
    tokenEndpoint: 'https://account.sendcloud.com/oauth2/token',
  }),
  hint: ({ mode = 'basic' }) => (mode === 'basic' ? FLAG : undefined),
  layers({ publicKey, secretKey }, { oauth2, options: { mode = 'basic' } }) {
    if (mode === 'basic') return [basic({ username: publicKey, password: secretKey })]
    return [
      bearer(
        oauth2({
          // Sendcloud's token server form-decodes user name and password; its API does not.
          clientAuth: clientSecretBasic(publicKey, secretKey, { encoding: 'form' }),
          grant: clientCredentials({ scope: 'api' }),
          hint: FLAG,
        }),
      ),
    ]
  },
})
