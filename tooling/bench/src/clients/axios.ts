import { Agent } from 'node:https'
import { withAuth } from '@auth/axios'
import axios, { type AxiosError } from 'axios'
import type { Client, Tls } from './client.ts'

const presenting = (tls: Tls | undefined): object | undefined =>
  tls && { httpsAgent: new Agent({ keepAlive: true, ...tls }) }

export const axiosClient: Client = {
  name: 'axios',
  plain(url, authorization, tls) {
    const client = axios.create({ headers: { authorization }, ...presenting(tls) })
    return async () => (await client.get(url)).data
  },
  handWritten(url, authorization, tls) {
    const client = axios.create(presenting(tls))
    client.interceptors.request.use(async (config) => {
      config.headers.set('authorization', await authorization())
      return config
    })
    client.interceptors.response.use(undefined, async (error: AxiosError) => {
      const { config, response } = error
      if (config === undefined || response?.status !== 401) throw error
      config.headers.set('authorization', await authorization(true))
      return axios.request(config)
    })
    return async () => (await client.get(url)).data
  },
  wrapped(url, strategy) {
    const client = withAuth(axios.create(), strategy)
    return async () => (await client.get(url)).data
  },
}
