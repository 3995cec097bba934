import type { ApiAnswer, ApiQuestion, ListenerCounters, ListenerOptions } from './api-server.ts'
import { type Child, startChild } from './child.ts'

/** An API in a process of its own. */
export interface Api {
  /** Opens a listener that nobody else uses, so that its counters are one contender's. */
  open(options: ListenerOptions): Promise<RemoteListener>
  close(): Promise<void>
}

export interface RemoteListener {
  readonly origin: string
  counters(): Promise<ListenerCounters>
}

export function startApi(): Api {
  const { ask, close }: Child<ApiQuestion, ApiAnswer> = startChild(new URL('./api-server.ts', import.meta.url))
  return {
    async open(options) {
      const { port } = await ask({ open: options })
      return {
        origin: `${options.tls === undefined ? 'http' : 'https'}://localhost:${port}`,
        counters: async () => (await ask({ counters: port })).counters,
      }
    },
    close,
  }
}
