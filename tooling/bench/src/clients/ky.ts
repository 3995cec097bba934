import { withAuth } from '@auth/ky'
import ky from 'ky'
import { Agent } from 'undici'
import type { Client, Tls } from './client.ts'

// Node's own types are of another undici.
const presenting = (tls: Tls | undefined): object | undefined => tls && { dispatcher: new Agent({ connect: tls }) }

export const kyClient: Client = {
  name: 'ky',
  plain(url, authorization, tls) {
    const client = ky.extend({ headers: { authorization }, ...presenting(tls) })
    return () => client.get(url).json()
  },
  handWritten(url, authorization, tls) {
    const client = ky.extend({
      ...presenting(tls),
      hooks: {
        beforeRequest: [
          async ({ request }) => {
            request.headers.set('authorization', await authorization())
          },
        ],
        afterResponse: [
          async ({ request, response, retryCount }) => {
            if (response.status !== 401 || retryCount > 0) return response
            const headers = new Headers(request.headers)
            headers.set('authorization', await authorization(true))
            return ky.retry({ request: new Request(request, { headers }) })
          },
        ],
      },
    })
    return () => client.get(url).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(ky, strategy)
    return () => client.get(url).json()
  },
}
