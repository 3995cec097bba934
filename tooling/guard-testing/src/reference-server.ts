import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  findIdentity,
  guard,
  inboundRequest,
  type Refused,
  refusalResponse,
  refuseScope,
  rememberVerdict,
} from '@auth/core/verify'
import type { GuardRoute, ServeGuard } from './guard-route.ts'

/** The guard in a bare server of Node: what the servers of frameworks are compared with. */
export const serveReference: ServeGuard = async (routes) => {
  const decided = routes.map((route) => ({
    route,
    guards: route.guards.map(({ policy, options }) => guard(policy, options)),
  }))
  const server = createServer(async (request, response) => {
    const { url = '/' } = request
    const path = (url.startsWith('/') || !URL.canParse(url) ? url : new URL(url).pathname).split('?')[0]
    const found = decided.find(({ route }) => route.path === path)
    if (found === undefined) return void response.writeHead(404).end()
    const refuse = (refused: Refused): void => {
      const { status, headers, body } = refusalResponse(refused)
      response.writeHead(status, headers as Record<string, string>).end(JSON.stringify(body))
    }
    for (const [name, value] of Object.entries(found.route.headersBefore ?? {})) response.setHeader(name, value)
    for (const decide of found.guards) {
      const verdict = await decide(inboundRequest(request), findIdentity(request))
      if (!verdict.pass) return refuse(verdict as Refused)
      rememberVerdict(request, verdict)
    }
    const refused = found.route.scopes && refuseScope(request, found.route.scopes)
    if (refused) return refuse(refused)
    await answer(found.route)
    async function answer({ handle, stream }: GuardRoute): Promise<void> {
      if (stream === undefined) {
        response.setHeader('content-type', 'application/json')
        return void response.end(JSON.stringify(handle(findIdentity(request)) ?? null))
      }
      for await (const chunk of stream()) response.write(chunk)
      response.end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
