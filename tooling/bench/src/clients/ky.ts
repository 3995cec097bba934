import { withAuth } from '@auth/ky'
import ky from 'ky'
import { Agent } from 'undici'
import type { Client } from './client.ts'

export const kyClient: Client = {
  name: 'ky',
  plain(url, authorization, tls) {
    // Node's own types are of another undici.
    const presented: object | undefined = tls && { dispatcher: new Agent({ connect: tls }) }
    const client = ky.extend({ headers: { authorization }, ...presented })
    return () => client.get(url).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(ky, strategy)
    return () => client.get(url).json()
  },
}
