import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenRequestSeen {
  /** Epoch ms. */
  readonly at: number
  readonly account: string
  /** Process id of who asked. */
  readonly from: number
}

/** A token endpoint on loopback, with a hand on what it does. */
export interface TokenEndpoint {
  readonly url: string
  readonly seen: TokenRequestSeen[]
  /** Seconds that the next tokens live. */
  lifetime: number
  /** Refuses, fails, or (by default) issues `<account>-<n>`. */
  mode: 'issue' | 'refuse' | 'fail'
  /** Accounts whose requests wait until they are let go. */
  hold(account: string): () => void
  requestsOf(account: string): readonly TokenRequestSeen[]
  close(): Promise<void>
}

export async function tokenEndpoint(): Promise<TokenEndpoint> {
  const seen: TokenRequestSeen[] = []
  const gates = new Map<string, Promise<void>>()
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const basic = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString()
    const account = basic.slice(0, basic.indexOf(':'))
    seen.push({ at: Date.now(), account, from: Number(request.headers['x-process']) })
    const n = state.requestsOf(account).length
    await gates.get(account)
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (state.mode === 'refuse') return answer(401, { error: 'invalid_client' })
    if (state.mode === 'fail') return answer(503, {})
    answer(200, { access_token: `${account}-${n}`, token_type: 'Bearer', expires_in: state.lifetime })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const state: TokenEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    seen,
    lifetime: 3600,
    mode: 'issue',
    hold(account) {
      const { promise, resolve } = Promise.withResolvers<void>()
      gates.set(account, promise)
      return () => {
        gates.delete(account)
        resolve()
      }
    },
    requestsOf: (account) => seen.filter((request) => request.account === account),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return state
}
