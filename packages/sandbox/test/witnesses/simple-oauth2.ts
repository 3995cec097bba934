import { ClientCredentials } from 'simple-oauth2'
import { outcomes } from './outcomes.ts'

await outcomes(
  async ({ tokenEndpoint, clientId, clientSecret, method, scope }) => {
    const { origin, pathname } = new URL(tokenEndpoint)
    const client = new ClientCredentials({
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: origin, tokenPath: pathname },
      options: { authorizationMethod: method === 'basic' ? 'header' : 'body', credentialsEncodingMode: 'loose' },
    })
    const { token } = await client.getToken(scope === undefined ? {} : { scope })
    return async ({ url, headers }) => {
      const authorization = `Bearer ${token.access_token}`
      const { status } = await fetch(url, { headers: { ...headers, authorization } })
      return status
    }
  },
  (error) => Reflect.get(Reflect.get(error, 'output') ?? {}, 'statusCode'),
)
