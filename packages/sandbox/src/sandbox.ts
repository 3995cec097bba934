import type { RequestListener } from 'node:http'
import { ConfigurationError } from '@auth/core'
import type { CarrierId } from '@auth/core/carriers'
import {
  anything,
  type Check,
  type Checks,
  callable,
  checkOptions,
  choice,
  integer,
  methods,
  must,
  text,
} from '@auth/core/options'
import type { EasypostConnectSimulator, EasypostConnectSimulatorOptions } from './carriers/easypost-connect.ts'
import type { MachineToMachineSimulator, MachineToMachineSimulatorOptions } from './carriers/machine-to-machine.ts'
import type { NzPostSimulator, NzPostSimulatorOptions } from './carriers/nz-post.ts'
import type { PostiSimulator, PostiSimulatorOptions } from './carriers/posti.ts'
import type { SendcloudSimulator, SendcloudSimulatorOptions } from './carriers/sendcloud.ts'
import { LONGEST_ADVANCE } from './clock.ts'
import type { DescribedSimulator, DescribedSimulatorOptions } from './described/start-described.ts'
import { type Listener, listen } from './listener.ts'
import { type CertificateAuthority, createCertificateAuthority } from './pki.ts'
import type { ObservedRequest } from './recorder.ts'
import {
  CARRIER_IDS,
  type CarrierProperty,
  carrierId,
  DEFAULT_CARRIERS,
  type DefaultCarrier,
  named,
  type PropertyOf,
  propertyOf,
  startCarrier,
} from './registry.ts'
import type { SimulatorContext } from './simulator.ts'
import type { SandboxClock } from './token-registry.ts'

/** The carriers whose simulators have settings of their own. */
interface OwnSimulators {
  readonly easypostConnect: EasypostConnectSimulator
  readonly posti: PostiSimulator
  readonly nzPost: NzPostSimulator
  readonly sendcloud: SendcloudSimulator
  readonly machineToMachine: MachineToMachineSimulator
}

interface OwnSettings {
  readonly easypostConnect?: EasypostConnectSimulatorOptions
  readonly posti?: PostiSimulatorOptions
  readonly nzPost?: NzPostSimulatorOptions
  readonly sendcloud?: SendcloudSimulatorOptions
  readonly machineToMachine?: MachineToMachineSimulatorOptions
}

/** Every carrier's simulator, by the name of its factory. */
export type Simulators = OwnSimulators & {
  readonly [Name in Exclude<CarrierProperty, keyof OwnSimulators>]: DescribedSimulator
}

/** Settings of the simulators, by the name of the carrier's factory. */
export type SimulatorSettings = OwnSettings & {
  readonly [Name in Exclude<CarrierProperty, keyof OwnSimulators>]?: DescribedSimulatorOptions
}

export interface SandboxBaseOptions<Name extends CarrierId | CarrierProperty = CarrierId | CarrierProperty> {
  /** The carriers to start, by id (`nz-post`) or factory name (`nzPost`). Default: the five of the documents. */
  readonly carriers?: readonly Name[]
  /** Time for token lifetimes and lock-outs, `{ now() }` in epoch ms. TLS goes by the machine's clock. Default: `Date`. */
  readonly clock?: SandboxClock
  /** How far the carriers' clocks are ahead of `clock`, in ms; behind it if negative. Default 0. */
  readonly clockSkew?: number
  /** Whose time the `Date` header of answers shows. Default `machine`. */
  readonly dateHeader?: 'machine' | 'sandbox'
  /** Sees every request that reaches a simulator, credentials included. */
  readonly onRequest?: (request: ObservedRequest) => void
  /** Address to listen on. Default `localhost`: this machine alone. */
  readonly host?: string
  /** Name in the origins and in the server certificate, such as a container's. Default `localhost`. */
  readonly hostname?: string
  /** First of as many consecutive ports as there are hosts. Default: free ports. */
  readonly port?: number
}

export type SandboxOptions<Name extends CarrierId | CarrierProperty = CarrierId | CarrierProperty> =
  SandboxBaseOptions<Name> & SimulatorSettings

export type Sandbox<Name extends CarrierId | CarrierProperty = DefaultCarrier> = Pick<Simulators, PropertyOf<Name>> & {
  /** The authority behind every certificate here; its `certificate` is the `ca` of each carrier's options. */
  readonly authority: CertificateAuthority
  /** Stops everything at once. */
  close(): Promise<void>
}

const carrierIds: Check = (value, option) => {
  if (value === undefined) return
  if (!Array.isArray(value)) throw new ConfigurationError(option, `must be a list of ${CARRIER_IDS.join(', ')}`)
  const unknown = value.find((name) => carrierId(name) === undefined)
  if (unknown !== undefined) {
    throw new ConfigurationError(option, `there is no ${String(unknown)}; the carriers are ${CARRIER_IDS.join(', ')}`)
  }
}

const OPTIONS: Checks<SandboxOptions> = {
  ...(Object.fromEntries(CARRIER_IDS.map((id) => [propertyOf(id), anything])) as Record<CarrierProperty, Check>),
  carriers: carrierIds,
  clock: methods('an object with the method now', 'now'),
  clockSkew: must('a number of ms', (value) => typeof value === 'number' && Math.abs(value) <= LONGEST_ADVANCE),
  dateHeader: choice('machine', 'sandbox'),
  onRequest: callable,
  host: text,
  hostname: text,
  port: integer(0, 65_535),
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
export async function startSandbox<Name extends CarrierId | CarrierProperty = DefaultCarrier>(
  options: SandboxOptions<Name> = {},
): Promise<Sandbox<Name>> {
  checkOptions<SandboxOptions>(options, OPTIONS, 'startSandbox')
  const { host = 'localhost', hostname = 'localhost', clockSkew = 0, dateHeader = 'machine' } = options
  const clock = skewed(options.clock ?? Date, clockSkew)
  const carriers: readonly CarrierId[] =
    options.carriers?.map((name) => carrierId(name) as CarrierId) ?? DEFAULT_CARRIERS
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
        dateHeader === 'machine' ? handler : dated(handler, clock),
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
    const property = propertyOf(id)
    return [property, named(id, await startCarrier(id, context, options[property]), clock)] as const
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

function skewed(clock: SandboxClock, skew: number): SandboxClock {
  return skew === 0 ? clock : { now: () => clock.now() + skew }
}

function dated(handler: RequestListener, clock: SandboxClock): RequestListener {
  return (request, response) => {
    response.setHeader('date', new Date(clock.now()).toUTCString())
    handler(request, response)
  }
}

/** Consecutive ports are given out in the carriers' order. */
async function oneByOne<T, R>(items: readonly T[], start: (item: T) => Promise<R>): Promise<R[]> {
  const started: R[] = []
  for (const item of items) started.push(await start(item))
  return started
}
