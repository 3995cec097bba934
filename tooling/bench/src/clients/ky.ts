import { withAuth } from '@auth/ky'
import ky from 'ky'
import type { Client } from './client.ts'
import { dispatching } from './dispatching.ts'

export const kyClient: Client = {
  name: 'ky',
  plain(url, authorization, tls) {
    const client = ky.extend({ headers: { authorization }, ...dispatching(tls) })
    return () => client.get(url).json()
  },
  handWritten(url, authorization, tls) {
    const client = ky.extend({
      ...dispatching(tls),
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
