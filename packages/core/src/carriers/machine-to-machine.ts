import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { ConfigurationError } from '../errors.ts'
import { anything } from '../lib/options.ts'
import { secureUrl } from '../origin.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'

export type MachineToMachineCredentials = Secrets<'clientId' | 'clientSecret'>

export type MachineToMachineOptions =
  | {
      /** Absolute `https:` URL of the API; the token endpoint is `{baseUrl}/oauth/v2/token`. */
      baseUrl: string
    }
  | { baseUrl?: never; origins: readonly string[]; tokenEndpoint: string }

/**
 * A machine-to-machine API with OAuth 2.0 client credentials. Its tokens are JWTs, and treated as opaque: only the
 * API has a say in what they mean.
 */
export const machineToMachine = /* @__PURE__ */ defineCarrier<MachineToMachineCredentials, MachineToMachineOptions>({
  id: 'machine-to-machine',
  secrets: { clientId: basicUser, clientSecret: basicPart },
  options: { baseUrl: anything },
  deployment({ baseUrl, origins, tokenEndpoint, allowInsecureLoopback }) {
    if (baseUrl === undefined) {
      if (origins !== undefined && tokenEndpoint !== undefined) return {}
      throw new ConfigurationError('baseUrl', 'is required: no host is documented')
    }
    const url = secureUrl(baseUrl, 'baseUrl', allowInsecureLoopback)
    if (url.search !== '' || url.hash !== '')
      throw new ConfigurationError('baseUrl', 'must not have a query or fragment')
    return { origins: [url.origin], tokenEndpoint: `${url.href.replace(/\/$/, '')}/oauth/v2/token` }
  },
  layers: ({ clientId, clientSecret }, { oauth2 }) => [
    bearer(oauth2({ clientAuth: clientSecretBasic(clientId, clientSecret) })),
  ],
})

export const about: CarrierAbout = {
  title: 'Machine to machine',
  sources: ['"Authentication: Explore OAuth2, JWTs, and the client credentials flow"'],
  read: '2026-11-21',
  credentials: {
    clientId: 'You choose it yourself',
    clientSecret: 'The field API Token, or the connectivity team',
  },
  token: {
    request: [
      'POST /oauth/v2/token',
      'authorization: Basic base64({clientId}:{clientSecret})',
      'content-type: application/x-www-form-urlencoded',
      '',
      'grant_type=client_credentials',
    ],
    answer: { status: 200, body: { token_type: 'Bearer', expires_in: 3600, access_token: '{token}' } },
  },
  api: [['GET /', 'authorization: Bearer {token}']],
  options: { baseUrl: '{origin}' },
  refusals: [
    { at: 'token', status: 401, means: 'The credentials are invalid', effect: 'rejected' },
    { at: 'api', status: 401, means: 'Check the validity of the token, or the credentials', effect: 'recovered' },
    { at: 'api', status: 403, means: 'The account lacks the permission', effect: 'passed' },
  ],
  open: ['Hosts', 'The bodies of refusals'],
}
