import tokenInterceptor from 'axios-token-interceptor'
import type { MakeKeeper } from './keeper.ts'
import { type Issued, requestToken } from './request-token.ts'

const EARLY = 60_000

export const axiosTokenInterceptor: MakeKeeper = (tokenEndpoint) => {
  const getToken = tokenInterceptor.tokenCache(() => requestToken(tokenEndpoint), {
    getMaxAge: ({ expiresAt }: Issued) => expiresAt - Date.now() - EARLY,
  })
  const intercept = tokenInterceptor({ getToken, headerFormatter: ({ value }: Issued) => `Bearer ${value}` })
  return {
    name: 'axios-token-interceptor',
    attach: async () => (await intercept({ headers: {} })).headers.Authorization as string,
  }
}
