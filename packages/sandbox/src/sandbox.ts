import { ConfigurationError } from '@auth/core'
import { anything, type Check, type Checks, callable, checkOptions, integer, methods, text } from '@auth/core/options'
import type { EasypostConnectSimulator, EasypostConnectSimulatorOptions } from './carriers/easypost-connect.ts'
import type { MachineToMachineSimulator, MachineToMachineSimulatorOptions } from './carriers/machine-to-machine.ts'
import type { NzPostSimulator, NzPostSimulatorOptions } from './carriers/nz-post.ts'
import type { PostiSimulator, PostiSimulatorOptions } from './carriers/posti.ts'
import type { SendcloudSimulator, SendcloudSimulatorOptions } from './carriers/sendcloud.ts'
import { type Listener, listen } from './listener.ts'
import { type CertificateAuthority, createCertificateAuthority } from './pki.ts'
import type { ObservedRequest } from './recorder.ts'
import {
  type AnyCarrier,
  CARRIERS,
  type CarrierId,
  type CarrierProperty,
  carrierId,
  named,
  type PropertyOf,
  propertyOf,
} from './registry.ts'
import type { SimulatorContext } from './simulator.ts'
import type { SandboxClock } from './token-registry.ts'

export interface Simulators {
  readonly easypostConnect: EasypostConnectSimulator
  readonly posti: PostiSimulator
  readonly nzPost: NzPostSimulator
  readonly sendcloud: SendcloudSimulator
  readonly machineToMachine: MachineToMachineSimulator
}

export interface SandboxOptions<Name extends CarrierId | CarrierProperty = CarrierId | CarrierProperty> {
  /** The carriers to start, by id (`nz-post`) or factory name (`nzPost`). Default: the five of the documents. */
  readonly carriers?: readonly Name[]
  /** Time for token lifetimes and lock-outs, `{ now() }` in epoch ms. TLS goes by the machine's clock. Default: `Date`. */
  readonly clock?: SandboxClock
  /** Sees every request that reaches a simulator, credentials included. */
  readonly onRequest?: (request: ObservedRequest) => void
  /** Address to listen on. Default `localhost`: this machine alone. */
  readonly host?: string
  /** Name in the origins and in the server certificate, such as a container's. Default `localhost`. */
  readonly hostname?: string
  /** First of as many consecutive ports as there are hosts. Default: free ports. */
  readonly port?: number
  readonly easypostConnect?: EasypostConnectSimulatorOptions
  readonly posti?: PostiSimulatorOptions
  readonly nzPost?: NzPostSimulatorOptions
  readonly sendcloud?: SendcloudSimulatorOptions
  readonly machineToMachine?: MachineToMachineSimulatorOptions
}

export type Sandbox<Name extends CarrierId | CarrierProperty = CarrierId> = Pick<Simulators, PropertyOf<Name>> & {
  /** The authority behind every certificate here; its `certificate` is the `ca` of each carrier's options. */
  readonly authority: CertificateAuthority
  /** Stops everything at once. */
  close(): Promise<void>
}

const IDS = Object.keys(CARRIERS) as CarrierId[]

const carrierIds: Check = (value, option) => {
  if (value === undefined) return
  if (!Array.isArray(value)) throw new ConfigurationError(option, `must be a list of ${IDS.join(', ')}`)
  const unknown = value.find((name) => carrierId(name) === undefined)
  if (unknown !== undefined) {
    throw new ConfigurationError(option, `there is no ${String(unknown)}; the carriers are ${IDS.join(', ')}`)
  }
}

const OPTIONS: Checks<SandboxOptions> = {
  carriers: carrierIds,
  clock: methods('an object with the method now', 'now'),
  onRequest: callable,
  host: text,
  hostname: text,
  port: integer(0, 65_535),
  easypostConnect: anything,
  posti: anything,
  nzPost: anything,
  sendcloud: anything,
  machineToMachine: anything,
}

/**
 * Starts the carriers on loopback, each over TLS with certificates of an authority made for this sandbox.
 *
 * @throws ConfigurationError for an unknown or wrong option, and for a carrier that does not exist.
 *
 * @example
 * const sandbox = await startSandbox({ carriers: ['posti'] })
 * const strategy = posti(sandbox.posti.credentials, sandbox.posti.options)
 * await sandbox.close()
 */
export async function startSandbox<Name extends CarrierId | CarrierProperty = CarrierId>(
  options: SandboxOptions<Name> = {},
): Promise<Sandbox<Name>> {
  checkOptions<SandboxOptions>(options, OPTIONS, 'startSandbox')
  const { clock = Date, host = 'localhost', hostname = 'localhost' } = options
  const carriers = options.carriers?.map((name) => carrierId(name) as CarrierId) ?? IDS
  const authority = await createCertificateAuthority()
  const server = await authority.issueServer({ hosts: [hostname] })
  const listeners: Listener[] = []
  let { port = 0 } = options
  const context: SimulatorContext = {
    clock,
    authority,
    onRequest: options.onRequest,
    async listen(handler, tls) {
      const listener = await listen(
        handler,
        { ...server, ...tls },
        { host, port: port === 0 ? 0 : port++, name: hostname },
      )
      listeners.push(listener)
      // Its carrier failed while this one was still starting.
      if (closed) await close()
      return listener.origin
    },
  }
  let closed = false
  const close = async (): Promise<void> => {
    closed = true
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
  }
  const start = async (id: CarrierId) => {
    const carrier: AnyCarrier = CARRIERS[id]
    const property = propertyOf(id)
    return [property, named(id, await carrier.start(context, options[property as keyof Simulators]))] as const
  }
  try {
    const started = port === 0 ? await Promise.all(carriers.map(start)) : await oneByOne(carriers, start)
    const simulators = Object.fromEntries(started) as unknown as Pick<Simulators, PropertyOf<Name>>
    return { ...simulators, authority, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Consecutive ports are given out in the carriers' order. */
async function oneByOne<T, R>(items: readonly T[], start: (item: T) => Promise<R>): Promise<R[]> {
  const started: R[] = []
  for (const item of items) started.push(await start(item))
  return started
}
