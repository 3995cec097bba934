import type { Socket } from 'node:net'
import { builtin } from './builtin.ts'

type Fetch = typeof globalThis.fetch

/**
 * The global fetch, looked up for each call, over sockets that do not keep the process alive: there is no option for it,
 * but Node's fetch says on diagnostics channels which sockets it uses. A name that is being looked up and a connection
 * that is being made keep the process alive all the same, for libuv cannot let go of either.
 *
 * @see https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export const unheldFetch: Fetch = (input, init) => {
  unheld ??= tracker()
  return unheld(() => globalThis.fetch(input, init))
}

let unheld: (<T>(send: () => Promise<T>) => Promise<T>) | undefined

function tracker(): NonNullable<typeof unheld> {
  const hooks = builtin('node:async_hooks')
  const channels = builtin('node:diagnostics_channel')
  if (hooks === undefined || channels === undefined) return (send) => send()
  const sending = new hooks.AsyncLocalStorage<true>()
  const ours = new WeakSet<object>()
  let calls = 0

  const listeners: Readonly<Record<string, (message: never) => void>> = {
    'net.client.socket': ({ socket }: { socket: Socket }) => {
      if (sending.getStore()) socket.unref()
    },
    'undici:request:create': ({ request }: { request: object }) => {
      if (sending.getStore()) ours.add(request)
    },
    // A connection that was idle is held again by undici as soon as it is used.
    'undici:client:sendHeaders': ({ request, socket }: { request: object; socket: Socket }) => {
      if (ours.has(request)) socket.unref()
    },
  }
  const listen = (): void => {
    for (const [name, listener] of Object.entries(listeners)) channels.subscribe(name, listener as never)
  }
  // Everybody else's requests would go on paying for it.
  const rest = (): void => {
    for (const [name, listener] of Object.entries(listeners)) channels.unsubscribe(name, listener as never)
    sending.disable()
  }

  return async (send) => {
    if (calls++ === 0) listen()
    try {
      return await sending.run(true, send)
    } finally {
      if (--calls === 0) rest()
    }
  }
}
