import type { DecisionEvent } from '@auth/core/verify'
import { onTestFinished } from 'vitest'
import type { Attack } from './attacks/forge.ts'
import { type Exchanged, exchange } from './exchange.ts'
import type { GuardRoute, ServedGuard, ServeGuard } from './guard-route.ts'
import { serveReference } from './reference-server.ts'

/** A server with its routes, what they were asked, and what was reported. */
export interface Served {
  /** Requests that reached a handler. */
  reached(): number
  readonly events: Omit<DecisionEvent, 'at'>[]
  readonly port: number
  send(request: Omit<Attack, 'name'>): Promise<Exchanged>
  close(): Promise<void>
}

/** Makes routes; called once for each server, so that no policy counts the attempts at another one. */
export type MakeRoutes = () => readonly GuardRoute[]

export async function served(serve: ServeGuard, routes: MakeRoutes): Promise<Served> {
  const events: Omit<DecisionEvent, 'at'>[] = []
  let reached = 0
  const record = ({ at: _at, ...event }: DecisionEvent): void => void events.push(event)
  const watched = routes().map(
    (route): GuardRoute => ({
      ...route,
      guards: route.guards.map(({ policy, options }) => ({ policy, options: { onDecision: record, ...options } })),
      handle(identity) {
        reached++
        return route.handle(identity)
      },
    }),
  )
  const { port, close }: ServedGuard = await serve(watched)
  return { reached: () => reached, events, port, send: (request) => exchange(port, request), close }
}

/** The framework's server until the test is over. */
export async function servedForTest(serve: ServeGuard, routes: MakeRoutes): Promise<Served> {
  const server = await served(serve, routes)
  onTestFinished(() => server.close())
  return server
}

/** Sends a request to the framework and to the reference; gives what each answered and reported. */
export async function both(
  serve: ServeGuard,
  routes: MakeRoutes,
  ...requests: Omit<Attack, 'name'>[]
): Promise<{ framework: unknown[]; reference: unknown[]; served: Served }> {
  const framework = await servedForTest(serve, routes)
  const reference = await servedForTest(serveReference, routes)
  const ask = async (server: Served): Promise<unknown[]> => {
    const answers: unknown[] = []
    for (const request of requests) answers.push(comparable(await server.send(request)))
    return [...answers, server.events]
  }
  return { framework: await ask(framework), reference: await ask(reference), served: framework }
}

/** Without the headers, of which each server has its own. */
export function comparable({ headers: _headers, ...answer }: Exchanged): Omit<Exchanged, 'headers'> {
  return answer
}
