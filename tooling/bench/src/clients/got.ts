import { Agent } from 'node:https'
import { withAuth } from '@auth/got'
import got from 'got'
import type { Client, Tls } from './client.ts'

const presenting = (tls: Tls | undefined): object | undefined =>
  tls && { agent: { https: new Agent({ keepAlive: true, ...tls }) } }

export const gotClient: Client = {
  name: 'got',
  plain(url, authorization, tls) {
    const client = got.extend({ headers: { authorization }, ...presenting(tls) })
    return () => client.get(url).json()
  },
  handWritten(url, authorization, tls) {
    const client = got.extend({
      ...presenting(tls),
      hooks: {
        beforeRequest: [
          async (options) => {
            options.headers.authorization = await authorization()
          },
        ],
        afterResponse: [
          async (response, retryWithMergedOptions) => {
            if (response.statusCode !== 401) return response
            return retryWithMergedOptions({ headers: { authorization: await authorization(true) } })
          },
        ],
      },
    })
    return () => client.get(url).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(got, strategy)
    return () => client.get(url).json()
  },
}
