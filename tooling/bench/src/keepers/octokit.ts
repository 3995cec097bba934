import { createAppAuth } from '@octokit/auth-app'
import { request } from '@octokit/request'
import type { MakeKeeper } from './keeper.ts'
import { requestToken } from './request-token.ts'

let installations = 0

export const octokit: MakeKeeper = (tokenEndpoint) => {
  // Its own request, answered by our endpoint in GitHub's words.
  const fetch = async (): Promise<Response> => {
    const { value, expiresAt } = await requestToken(tokenEndpoint)
    return Response.json({ token: value, expires_at: new Date(expiresAt).toISOString(), permissions: {} })
  }
  const auth = createAppAuth({
    appId: 1,
    installationId: ++installations,
    createJwt: async () => ({ jwt: 'jwt-of-the-app', expiresAt: new Date(Date.now() + 600_000).toISOString() }),
    request: request.defaults({ request: { fetch } }),
    log: { warn() {} },
  })
  return {
    name: '@octokit/auth-app',
    attach: async () => `Bearer ${(await auth({ type: 'installation' })).token}`,
  }
}
