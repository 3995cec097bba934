import { type Child, startChild } from '../loopback/child.ts'
import { type Connection, openConnection } from '../loopback/connection.ts'
import type { ServerAnswer, ServerQuestion } from './express-server.ts'
import { forge, type Issuer } from './issuer.ts'

/** The app with a route for each contender, and connections to it. */
export interface App {
  readonly names: readonly string[]
  readonly connections: readonly Connection[]
  /** The request that shows this token to this contender. */
  request(contender: string, token: Buffer): Buffer
  /** ms that the app's main thread has computed so far. */
  cpu(): Promise<number>
  close(): Promise<void>
}

export async function startApp(issuer: Issuer, connections: number): Promise<App> {
  const child: Child<ServerQuestion, ServerAnswer> = startChild(new URL('./express-server.ts', import.meta.url))
  const { algorithm, jwks, publicKey } = issuer
  const { port, names } = await child.ask({ start: { algorithm, jwks, publicKey } })
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(port)))
  return {
    names,
    connections: opened,
    request: (contender, token) =>
      Buffer.concat([
        Buffer.from(
          `GET /${names.indexOf(contender)} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: application/json\r\n`,
        ),
        Buffer.from('user-agent: bench\r\nauthorization: Bearer '),
        token,
        Buffer.from('\r\n\r\n'),
      ]),
    cpu: async () => (await child.ask({ cpu: true })).cpu,
    async close() {
      for (const { close } of opened) close()
      await child.close()
    },
  }
}

export const UNPROTECTED = 'no protection'

/**
 * Proves that a route lets a token in, again when it has seen it before, and no forged one.
 *
 * @throws Error saying what it does instead.
 */
export async function probeRoute(app: App, contender: string, issuer: Pick<Issuer, 'issue'>): Promise<void> {
  const [connection] = app.connections
  if (connection === undefined) throw new Error('there is no connection')
  const token = issuer.issue('probe')
  for (let i = 0; i < 2; i++) {
    const status = await connection.send(app.request(contender, token))
    if (status !== 200) throw new Error(`it answers a good token with ${status}`)
  }
  const status = await connection.send(app.request(contender, forge(token)))
  if (status !== (contender === UNPROTECTED ? 200 : 401)) throw new Error(`it answers a forged token with ${status}`)
}
