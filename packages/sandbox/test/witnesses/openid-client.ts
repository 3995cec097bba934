import {
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clientCredentialsGrant,
  fetchProtectedResource,
} from 'openid-client'
import { outcomes } from './outcomes.ts'

await outcomes(
  async ({ tokenEndpoint, clientId, clientSecret, method, scope }) => {
    const authentication = method === 'basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret)
    const server = { issuer: new URL(tokenEndpoint).origin, token_endpoint: tokenEndpoint }
    const client = new Configuration(server, clientId, undefined, authentication)
    const { access_token } = await clientCredentialsGrant(client, scope === undefined ? {} : { scope })
    return async ({ url, headers }) => {
      const { status } = await fetchProtectedResource(
        client,
        access_token,
        new URL(url),
        'GET',
        null,
        new Headers(headers),
      )
      return status
    }
  },
  (error) => Reflect.get(error, 'status') ?? Reflect.get(Reflect.get(error, 'cause') ?? {}, 'status'),
)
