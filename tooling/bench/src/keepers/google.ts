import { OAuth2Client } from 'google-auth-library'
import type { MakeKeeper } from './keeper.ts'
import { requestToken } from './request-token.ts'

export function googleClient(tokenEndpoint: string, options: { forceRefreshOnFailure?: boolean } = {}): OAuth2Client {
  const client = new OAuth2Client(options)
  client.refreshHandler = async () => {
    const { value, expiresAt } = await requestToken(tokenEndpoint)
    return { access_token: value, expiry_date: expiresAt }
  }
  return client
}

export const google: MakeKeeper = (tokenEndpoint) => {
  const client = googleClient(tokenEndpoint)
  return {
    name: 'google-auth-library',
    attach: async ({ url }) => (await client.getRequestHeaders(url)).get('authorization') ?? '',
  }
}
