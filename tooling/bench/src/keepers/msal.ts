import { ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node'
import { CLIENT, type MakeKeeper } from './keeper.ts'
import { requestToken } from './request-token.ts'

const AUTHORITY = 'https://login.carrier.example/tenant'
const METADATA = JSON.stringify({
  issuer: AUTHORITY,
  authorization_endpoint: `${AUTHORITY}/authorize`,
  token_endpoint: `${AUTHORITY}/token`,
  jwks_uri: `${AUTHORITY}/keys`,
})

let clients = 0

export const msal: MakeKeeper = (tokenEndpoint) => {
  const networkClient = {
    sendGetRequestAsync: async () => ({ headers: {}, status: 200, body: JSON.parse(METADATA) }),
    async sendPostRequestAsync() {
      try {
        const { value, expiresAt } = await requestToken(tokenEndpoint)
        const expires_in = Math.round((expiresAt - Date.now()) / 1000)
        return { headers: {}, status: 200, body: { token_type: 'Bearer', access_token: value, expires_in } }
      } catch {
        return { headers: {}, status: 401, body: { error: 'invalid_client' } }
      }
    },
  } as INetworkModule
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: `${CLIENT.id}-${++clients}`,
      clientSecret: CLIENT.secret,
      authority: AUTHORITY,
      knownAuthorities: ['login.carrier.example'],
      authorityMetadata: METADATA,
    },
    system: { networkClient },
  })
  return {
    name: '@azure/msal-node',
    async attach() {
      const result = await application.acquireTokenByClientCredential({ scopes: [`${AUTHORITY}/.default`] })
      return `Bearer ${result?.accessToken}`
    },
  }
}
