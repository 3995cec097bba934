import axios from 'axios'
import { type AxiosAuthRefreshOptions, createAuthRefresh } from 'axios-auth-refresh'
import { oauth2Fetch } from '../keepers/badgateway.ts'
import { googleClient } from '../keepers/google.ts'
import { requestToken } from '../keepers/request-token.ts'
import type { MakeCaller } from './caller.ts'

const badgateway: MakeCaller = ({ tokenEndpoint, api }) => {
  const own = oauth2Fetch(tokenEndpoint)
  return {
    name: '@badgateway/oauth2-client',
    async call() {
      const response = await own.fetch(api)
      await response.arrayBuffer()
      return response.status
    },
  }
}

function axiosAuthRefresh(name: string, options: AxiosAuthRefreshOptions): MakeCaller {
  return ({ tokenEndpoint, api }) => {
    const instance = axios.create()
    let token: string | undefined
    instance.interceptors.request.use(async (config) => {
      token ??= (await requestToken(tokenEndpoint)).value
      config.headers.set('authorization', `Bearer ${token}`)
      return config
    })
    createAuthRefresh(
      // It takes axios' types for CommonJS, which differ in name only.
      instance as unknown as Parameters<typeof createAuthRefresh>[0],
      async () => {
        token = (await requestToken(tokenEndpoint)).value
      },
      options,
    )
    return { name, call: async () => (await instance.get(api)).status }
  }
}

const google: MakeCaller = ({ tokenEndpoint, api }) => {
  const client = googleClient(tokenEndpoint, { forceRefreshOnFailure: true })
  return { name: 'google-auth-library', call: async () => (await client.request({ url: api })).status }
}

export const peerCallers: readonly MakeCaller[] = [
  badgateway,
  axiosAuthRefresh('axios-auth-refresh', {}),
  axiosAuthRefresh('axios-auth-refresh, deduplicateRefresh: false', { deduplicateRefresh: false }),
  google,
]
