import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** Where a listener listens, and the host name that its origin shows. */
export interface ListenerAddress {
  /** Default `localhost`. */
  readonly host?: string
  /** Default 0: a free port. */
  readonly port?: number
  /** Default `localhost`. */
  readonly name?: string
}

/** A TLS listener. */
export interface Listener {
  /** `https://localhost:<port>` */
  readonly origin: string
  /** Cuts every connection, also those in the middle of a handshake. */
  close(): Promise<void>
}

/** @throws Error with code `EADDRINUSE` when the port is taken. */
export async function listen(
  handler: RequestListener,
  tls: ServerOptions,
  { host = 'localhost', port = 0, name = 'localhost' }: ListenerAddress = {},
): Promise<Listener> {
  // Longer than any client keeps an idle connection, so that none is closed under a request that is just being sent.
  const server = createServer({ keepAliveTimeout: 120_000, ...tls }, handler)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    origin: `https://${name}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
