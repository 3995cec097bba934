import { defineCarrier } from '../carrier.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { ConfigurationError } from '../errors.ts'
import { anything } from '../lib/options.ts'
import { secureUrl } from '../origin.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser, type SecretInput } from '../secret.ts'

export interface MachineToMachineCredentials {
  clientId: SecretInput
  clientSecret: SecretInput
}

export interface MachineToMachineOptions {
  /** Absolute `https:` URL of the API; the token endpoint is `{baseUrl}/oauth/v2/token`. */
  baseUrl?: string
}

/**
 * A machine-to-machine API with OAuth 2.0 client credentials. Its tokens are JWTs, and treated as opaque: only the
 * API has a say in what they mean.
 */
export const machineToMachine = defineCarrier<MachineToMachineCredentials, MachineToMachineOptions>({
  id: 'machine-to-machine',
  secrets: { clientId: basicUser, clientSecret: basicPart },
  options: { baseUrl: anything },
  deployment(
    options: MachineToMachineOptions & { origins?: unknown; tokenEndpoint?: unknown; allowInsecureLoopback?: boolean },
  ) {
    const { baseUrl, origins, tokenEndpoint, allowInsecureLoopback } = options
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
