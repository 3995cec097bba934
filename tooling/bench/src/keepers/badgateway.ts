import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'
import { CLIENT, type Keeper, type MakeKeeper } from './keeper.ts'

export function oauth2Fetch(tokenEndpoint: string): OAuth2Fetch {
  const client = new OAuth2Client({
    tokenEndpoint,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    authenticationMethod: 'client_secret_basic',
  })
  // Its timer for refreshing only ever uses a refresh token, which this grant has none of.
  return new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials(), scheduleRefresh: false })
}

export const badgateway: MakeKeeper = (tokenEndpoint) => {
  const own = oauth2Fetch(tokenEndpoint)
  return {
    name: '@badgateway/oauth2-client',
    attach: async () => `Bearer ${await own.getAccessToken()}`,
  }
}

const OK = new Response()

/** The same as the middleware around fetch that the package has for this. */
export const badgatewayMiddleware: MakeKeeper = (tokenEndpoint): Keeper => {
  const middleware = oauth2Fetch(tokenEndpoint).mw()
  return {
    name: '@badgateway/oauth2-client, mw()',
    async attach({ url, method }) {
      let header: string | null = null
      await middleware(new Request(url, { method }), async (request) => {
        header = request.headers.get('authorization')
        return OK
      })
      return header ?? ''
    },
  }
}
