import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { choice } from '../lib/options.ts'
import { basic } from '../schemes/basic.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'

/** `secretKey` is the integration's Secret Key, which the documents also call Private Key. */
export type SendcloudCredentials = Secrets<'publicKey' | 'secretKey'>

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
export const sendcloud = /* @__PURE__ */ defineCarrier<SendcloudCredentials, SendcloudOptions>({
  id: 'sendcloud',
  environments: {
    production: {
      origins: [
        'https://panel.sendcloud.sc',
        // The page names the host in the singular, it answers in the plural.
        'https://servicepoints.sendcloud.sc',
        'https://servicepoint.sendcloud.sc',
      ],
      tokenEndpoint: 'https://account.sendcloud.com/oauth2/token',
    },
  },
  secrets: { publicKey: basicUser, secretKey: basicPart },
  options: { mode: /* @__PURE__ */ choice('basic', 'oauth2') },
  token: { hint: FLAG },
  hint: ({ mode = 'basic' }) => (mode === 'basic' ? FLAG : undefined),
  layers({ publicKey, secretKey }, { oauth2, options: { mode = 'basic' } }) {
    if (mode === 'basic') return [basic({ username: publicKey, password: secretKey })]
    // Sendcloud's token server form-decodes user name and password; its API does not.
    const clientAuth = clientSecretBasic(publicKey, secretKey, { encoding: 'form' })
    return [bearer(oauth2({ clientAuth, grant: clientCredentials({ scope: 'api' }) }))]
  },
})

const portal = 'Sendcloud platform, Settings, Integrations, the API integration'

export const about: CarrierAbout = {
  title: 'Sendcloud',
  sources: ['Sendcloud, "Authentication": sendcloud.dev/docs/getting-started/authentication'],
  read: '2026-11-21',
  credentials: { publicKey: `${portal}: Public Key`, secretKey: `${portal}: Secret Key` },
  options: { mode: 'oauth2' },
  token: {
    request: [
      'POST /oauth2/token',
      'authorization: Basic base64({publicKey}:{secretKey})',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials&scope=api',
    ],
    answer: {
      status: 200,
      body: { access_token: '{token}', expires_in: 3599, scope: 'api', token_type: 'bearer' },
    },
  },
  api: [['GET /api/v2/user', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: {
        error: 'invalid_client',
        error_description:
          'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
        status_code: 401,
      },
      means: 'The keys are wrong, or the integration is not set up for OAuth 2.0; Ory Hydra answers like this',
      effect: 'rejected',
      confirmed: false,
    },
    {
      at: 'api',
      status: 401,
      means: 'The token has expired, or the mode is not the one that the integration is set up for',
      effect: 'recovered',
      confirmed: false,
    },
  ],
  probe: { method: 'GET', path: '/api/v2/user' },
  limits: ['GET: 1000 a minute. Unsafe methods: 100 a minute, 15 a second in bursts. Then 429'],
  open: ['The text of a 401 of the API'],
  changes: [{ what: 'OAuth 2.0 is a beta feature for a limited number of clients; a rollout to all is announced' }],
}
