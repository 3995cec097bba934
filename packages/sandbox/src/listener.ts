import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A TLS listener on a loopback port of its own. */
export interface Listener {
  /** `https://localhost:<port>` */
  readonly origin: string
  /** Cuts every connection, also those in the middle of a handshake. */
  close(): Promise<void>
}

export async function listen(handler: RequestListener, tls: ServerOptions): Promise<Listener> {
  // Longer than any client keeps an idle connection, so that none is closed under a request that is just being sent.
  const server = createServer({ keepAliveTimeout: 120_000, ...tls }, handler)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `https://localhost:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
