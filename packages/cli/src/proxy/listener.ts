import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure } from '../failure.ts'

export interface Listener {
  readonly url: string
  /** Takes no more requests, lets those under way end, and ends what is left after `patience` ms. */
  close(patience: number): Promise<void>
}

/** @throws Failure when the port is taken, or the address is none of this machine. */
export async function listen(handler: RequestListener, host: string, port: number): Promise<Listener> {
  let closing = false
  const server = createServer((request, response) => {
    // Connections that are kept alive would keep the server alive.
    if (closing) response.setHeader('connection', 'close')
    handler(request, response)
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(
      code === 'EADDRINUSE' ? `port ${port} is in use` : `${host}:${port} cannot be listened on (${code})`,
    )
  }
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close(patience) {
      closing = true
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const end = setTimeout(() => server.closeAllConnections(), patience)
      await closed
      clearTimeout(end)
    },
  }
}
