import { withAuth } from '@auth/fetch'
import type { Client } from './client.ts'
import { dispatching } from './dispatching.ts'

export const fetchClient: Client = {
  name: 'fetch',
  plain(url, authorization, tls) {
    const init = { headers: { authorization }, ...dispatching(tls) }
    return async () => (await fetch(url, init)).json()
  },
  handWritten(url, authorization, tls) {
    const presented = dispatching(tls)
    const client = async (input: string, init?: RequestInit): Promise<Response> => {
      const send = (header: string): Promise<Response> =>
        fetch(input, { ...presented, ...init, headers: { ...init?.headers, authorization: header } })
      const response = await send(await authorization())
      if (response.status !== 401) return response
      await response.body?.cancel()
      return send(await authorization(true))
    }
    return async () => (await client(url)).json()
  },
  wrapped(url, strategy) {
    const client = withAuth(fetch, strategy)
    return async () => (await client(url)).json()
  },
}
