import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves an app on loopback. */
export async function listen(app: {
  listen(port: number, host: string): Server
}): Promise<{ port: number; close(): Promise<void> }> {
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
