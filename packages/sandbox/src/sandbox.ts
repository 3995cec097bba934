import {
  type EasypostConnectOptions,
  type EasypostConnectSimulator,
  startEasypostConnect,
} from './carriers/easypost-connect.ts'
import {
  type MachineToMachineOptions,
  type MachineToMachineSimulator,
  startMachineToMachine,
} from './carriers/machine-to-machine.ts'
import { type NzPostOptions, type NzPostSimulator, startNzPost } from './carriers/nz-post.ts'
import { type PostiOptions, type PostiSimulator, startPosti } from './carriers/posti.ts'
import { type SendcloudOptions, type SendcloudSimulator, startSendcloud } from './carriers/sendcloud.ts'
import { type Listener, listen } from './listener.ts'
import { type CertificateAuthority, createCertificateAuthority } from './pki.ts'
import type { ObservedRequest } from './recorder.ts'
import type { CarrierContext } from './simulator.ts'
import type { SandboxClock } from './token-registry.ts'

export interface Simulators {
  readonly easypostConnect: EasypostConnectSimulator
  readonly posti: PostiSimulator
  readonly nzPost: NzPostSimulator
  readonly sendcloud: SendcloudSimulator
  readonly machineToMachine: MachineToMachineSimulator
}

export type CarrierId = keyof Simulators

export interface SandboxOptions<Id extends CarrierId = CarrierId> {
  /** Which carriers to start. Default: all five. */
  readonly carriers?: readonly Id[]
  /** Time, for token lifetimes and lock-outs; TLS goes by the machine's. Default: the machine's. */
  readonly clock?: SandboxClock
  /** Sees every request that reaches a simulator, credentials included. */
  readonly onRequest?: (request: ObservedRequest) => void
  readonly easypostConnect?: EasypostConnectOptions
  readonly posti?: PostiOptions
  readonly nzPost?: NzPostOptions
  readonly sendcloud?: SendcloudOptions
  readonly machineToMachine?: MachineToMachineOptions
}

export type Sandbox<Id extends CarrierId = CarrierId> = Pick<Simulators, Id> & {
  /** The authority behind every certificate here; its `certificate` is the `ca` of each carrier's options. */
  readonly authority: CertificateAuthority
  /** Stops everything at once. */
  close(): Promise<void>
}

const START: {
  readonly [Id in CarrierId]: (context: CarrierContext, options: SandboxOptions[Id]) => Promise<Simulators[Id]>
} = {
  easypostConnect: startEasypostConnect,
  posti: startPosti,
  nzPost: startNzPost,
  sendcloud: startSendcloud,
  machineToMachine: startMachineToMachine,
}

/**
 * Starts the carriers on loopback, each over TLS with certificates of an authority made for this sandbox.
 *
 * @throws TypeError for a carrier that does not exist.
 */
export async function startSandbox<Id extends CarrierId = CarrierId>(
  options: SandboxOptions<Id> = {},
): Promise<Sandbox<Id>> {
  const { carriers = Object.keys(START) as Id[], clock = Date } = options
  const unknown = carriers.find((id) => !Object.hasOwn(START, id))
  if (unknown !== undefined) throw new TypeError(`carriers: there is no ${unknown}`)
  const authority = await createCertificateAuthority()
  const server = await authority.issueServer()
  const listeners: Listener[] = []
  const context: CarrierContext = {
    clock,
    authority,
    onRequest: options.onRequest,
    async listen(handler, tls) {
      const listener = await listen(handler, { ...server, ...tls })
      listeners.push(listener)
      return listener.origin
    },
  }
  const close = async (): Promise<void> => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
  }
  try {
    const started = await Promise.all(carriers.map(async (id) => [id, await START[id](context, options[id])] as const))
    return { ...(Object.fromEntries(started) as Pick<Simulators, Id>), authority, close }
  } catch (error) {
    await close()
    throw error
  }
}
