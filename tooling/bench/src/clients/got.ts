import { Agent } from 'node:https'
import { withAuth } from '@auth/got'
import got from 'got'
import type { Client } from './client.ts'

export const gotClient: Client = {
  name: 'got',
  plain(url, authorization, tls) {
    const https = tls && new Agent({ keepAlive: true, ...tls })
    const client = got.extend({ headers: { authorization }, ...(https && { agent: { https } }) })
    return () => client.get(url).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(got, strategy)
    return () => client.get(url).json()
  },
}
