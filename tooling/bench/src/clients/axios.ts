import { Agent } from 'node:https'
import { withAuth } from '@auth/axios'
import axios from 'axios'
import type { Client } from './client.ts'

export const axiosClient: Client = {
  name: 'axios',
  plain(url, authorization, tls) {
    const httpsAgent = tls && new Agent({ keepAlive: true, ...tls })
    const client = axios.create({ headers: { authorization }, ...(httpsAgent && { httpsAgent }) })
    return async () => (await client.get(url)).data
  },
  wrapped(url, strategy) {
    const client = withAuth(axios.create(), strategy)
    return async () => (await client.get(url)).data
  },
}
