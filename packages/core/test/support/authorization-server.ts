import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  bearer,
  clientSecretPost,
  createStrategy,
  type OAuth2Options,
  oauth2,
  type Strategy,
  type StrategyOptions,
} from '@auth/core'
import { json, type Loopback, loopback } from './loopback.ts'

/** An authorization server and an API on one loopback port, with a hand on what they do. */
export interface TestServer extends Loopback {
  /** Values of the tokens issued so far, in order. */
  readonly issued: string[]
  /** Tokens the API no longer accepts. */
  readonly revoked: Set<string>
  /** Token requests so far. */
  tokenRequests: number
  /** Seconds the next tokens live. */
  lifetime: number
  /** What the token endpoint answers instead of a token, while set. */
  fault: ((request: IncomingMessage & { body: string }, response: ServerResponse) => void | Promise<void>) | undefined
  /** Holds token requests back until it is called. */
  hold(): () => void
}

export async function testServer(lifetime = 3600): Promise<TestServer> {
  const issued: string[] = []
  const revoked = new Set<string>()
  let gate: Promise<void> | undefined
  const server = await loopback(async (request, response) => {
    if (request.url?.startsWith('/token')) {
      state.tokenRequests++
      if (gate !== undefined) await gate
      if (state.fault !== undefined) return state.fault(request, response)
      const value = `token-${issued.length + 1}`
      issued.push(value)
      return json(response, 200, { access_token: value, token_type: 'Bearer', expires_in: state.lifetime })
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    json(response, issued.includes(token) && !revoked.has(token) ? 200 : 401, {})
  })
  const state: TestServer = Object.assign(server, {
    issued,
    revoked,
    tokenRequests: 0,
    lifetime,
    fault: undefined,
    hold() {
      let open = (): void => {}
      gate = new Promise((resolve) => {
        open = () => {
          gate = undefined
          resolve()
        }
      })
      return () => open()
    },
  })
  return state
}

export function tokens(server: Loopback, options: Partial<OAuth2Options> = {}): ReturnType<typeof oauth2> {
  return oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    ...options,
  })
}

export function strategyFor(
  server: Loopback,
  options: Partial<OAuth2Options> = {},
  own: Partial<StrategyOptions> = {},
): Strategy {
  return createStrategy({
    origins: [server.origin],
    layers: [bearer(tokens(server, options))],
    allowInsecureLoopback: true,
    onEvent: options.onEvent,
    ...own,
  })
}

/** A call as an adapter makes it: authorized, sent, and sent once more if the strategy says so. */
export async function call(strategy: Strategy, url: string, between?: () => Promise<void>): Promise<number> {
  const request = { url, method: 'GET', headers: {} }
  const { headers = {} } = await strategy.authorize(request)
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  await between?.()
  if (response.status !== 401 || !(await strategy.recover({ ...request, headers }, response))) return response.status
  const again = await strategy.authorize(request)
  const second = await fetch(url, { headers: again.headers ?? {} })
  await second.arrayBuffer()
  if (second.status >= 400) {
    const { status } = second
    const sent = { ...request, headers: again.headers ?? {}, signal: AbortSignal.abort() }
    await strategy.recover(sent, { status, headers: second.headers, replayed: true })
  }
  return second.status
}
