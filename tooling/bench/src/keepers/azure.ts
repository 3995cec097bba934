import {
  bearerTokenAuthenticationPolicy,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
  type SendRequest,
} from '@azure/core-rest-pipeline'
import type { MakeKeeper } from './keeper.ts'
import { requestToken } from './request-token.ts'

export const azure: MakeKeeper = (tokenEndpoint) => {
  const policy = bearerTokenAuthenticationPolicy({
    scopes: 'api',
    credential: {
      async getToken() {
        const { value, expiresAt } = await requestToken(tokenEndpoint)
        return { token: value, expiresOnTimestamp: expiresAt }
      },
    },
  })
  const headers = createHttpHeaders()
  const next: SendRequest = async (request): Promise<PipelineResponse> => ({ request, status: 200, headers })
  return {
    name: '@azure/core-rest-pipeline',
    async attach({ url }) {
      const { request } = await policy.sendRequest(createPipelineRequest({ url }), next)
      return request.headers.get('authorization') ?? ''
    },
  }
}
