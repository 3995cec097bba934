import { withAuth } from '@auth/fetch'
import { Agent } from 'undici'
import type { Client } from './client.ts'

export const fetchClient: Client = {
  name: 'fetch',
  plain(url, authorization, tls) {
    // Node's own types are of another undici.
    const presented: object | undefined = tls && { dispatcher: new Agent({ connect: tls }) }
    const init = { headers: { authorization }, ...presented }
    return async () => (await fetch(url, init)).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(fetch, strategy)
    return async () => (await client(url)).json()
  },
}
