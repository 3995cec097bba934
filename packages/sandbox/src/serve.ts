import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { CarrierId } from '@auth/core/carriers'
import { steerable } from './clock.ts'
import { controlApp } from './control/control-app.ts'
import { type RequestLog, requestLog } from './control/request-log.ts'
import { DEFAULT_CARRIERS, propertyOf } from './registry.ts'
import { type Sandbox, type SandboxBaseOptions, type SimulatorSettings, startSandbox } from './sandbox.ts'
import type { AnySimulator } from './simulator.ts'

export interface ServeOptions extends Omit<SandboxBaseOptions<CarrierId>, 'clock'>, SimulatorSettings {
  /** Port of the control interface. Default: a free one. */
  readonly controlPort?: number
  /** Host names, beside loopback, by which the control interface may be called. Default: none. */
  readonly allowHosts?: readonly string[]
}

/** A sandbox that programs in any language use. */
export interface ServedSandbox {
  readonly sandbox: Sandbox<CarrierId>
  readonly simulators: readonly AnySimulator[]
  /** Address of the control interface, such as `http://127.0.0.1:4000`. */
  readonly controlUrl: string
  readonly log: RequestLog
  /** Moves the sandbox's clock on by so many ms. */
  advance(ms: number): void
  close(): Promise<void>
}

/**
 * Starts the carriers, and an HTTP interface that steers them from any language.
 *
 * @throws ConfigurationError for a wrong option; Error with code `EADDRINUSE` when a port is taken.
 */
export async function serveSandbox(options: ServeOptions = {}): Promise<ServedSandbox> {
  const { controlPort = 0, allowHosts = [], onRequest, ...rest } = options
  const clock = steerable(Date)
  const log = requestLog(clock)
  const sandbox = await startSandbox<CarrierId>({
    ...rest,
    clock,
    onRequest(request) {
      log.add(request)
      onRequest?.(request)
    },
  })
  try {
    const all = sandbox as unknown as Readonly<Record<string, AnySimulator | undefined>>
    const ids: readonly CarrierId[] = options.carriers ?? DEFAULT_CARRIERS
    const simulators = ids.map((id) => all[propertyOf(id)] as AnySimulator)
    for (const { credentials, control } of simulators) {
      log.keepSecret(credentials)
      if (control.webhooks !== undefined) log.keepSecret({ webhookSecret: control.webhooks.secret })
    }
    const ca = sandbox.authority.certificate
    const names = [...allowHosts, options.hostname ?? 'localhost'].map((name) => name.toLowerCase())
    const server = createServer(controlApp({ simulators, ca, clock, log, allowHosts: names }))
    const end = endable(server)
    const host = options.host ?? '127.0.0.1'
    server.listen(controlPort, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      sandbox,
      simulators,
      controlUrl: `http://${options.hostname ?? '127.0.0.1'}:${port}`,
      log,
      advance: (ms) => clock.advance(ms),
      async close() {
        await Promise.all([sandbox.close(), end()])
      },
    }
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

/** Ends a server together with its open connections. */
function endable(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
}
