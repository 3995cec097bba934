import {
  type CarrierOptions,
  easypostConnect,
  machineToMachine,
  nzPost,
  posti,
  type Strategy,
  sendcloud,
} from '@auth/core'
import { startEasypostConnect } from './carriers/easypost-connect.ts'
import { startMachineToMachine } from './carriers/machine-to-machine.ts'
import { startNzPost } from './carriers/nz-post.ts'
import { startPosti } from './carriers/posti.ts'
import { startSendcloud } from './carriers/sendcloud.ts'
import type { SimulatorContext } from './simulator.ts'

/** How each carrier starts, and the factory whose strategies it serves. The keys are the carriers' ids. */
export const CARRIERS = {
  'easypost-connect': { start: startEasypostConnect, factory: easypostConnect },
  posti: { start: startPosti, factory: posti },
  'nz-post': { start: startNzPost, factory: nzPost },
  sendcloud: { start: startSendcloud, factory: sendcloud },
  'machine-to-machine': { start: startMachineToMachine, factory: machineToMachine },
} as const

export type CarrierId = keyof typeof CARRIERS

/** The carrier's name as a property of the sandbox: that of its factory. */
export type CarrierProperty = PropertyOf<CarrierId>

/** The name of a carrier's factory, as a property of the sandbox: `nz-post` is `nzPost`. */
export type PropertyOf<Id extends string> = Id extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<PropertyOf<Rest>>}`
  : Id

/** The id for an id or a property name; `undefined` for anything else. */
export function carrierId(name: unknown): CarrierId | undefined {
  return (Object.keys(CARRIERS) as CarrierId[]).find((id) => id === name || propertyOf(id) === name)
}

export function propertyOf<Id extends string>(id: Id): PropertyOf<Id> {
  return id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as PropertyOf<Id>
}

/** Any carrier of the table, its particulars forgotten: what loops over all of them sees. */
export interface AnyCarrier {
  // biome-ignore lint/suspicious/noExplicitAny: each carrier has options and credentials of its own
  start(context: SimulatorContext, options?: any): Promise<{ readonly credentials: object; readonly options: object }>
  // biome-ignore lint/suspicious/noExplicitAny: see above
  factory(credentials: any, options?: any): Strategy
}

/** Gives a simulator its id, and the strategy that fits it. */
export function named<S extends { readonly credentials: object; readonly options: object }>(
  id: CarrierId,
  simulator: S,
): S & { readonly id: CarrierId; strategy(options?: CarrierOptions): Strategy } {
  const { factory }: AnyCarrier = CARRIERS[id]
  return Object.defineProperties(simulator as S & { id: CarrierId; strategy(options?: CarrierOptions): Strategy }, {
    id: { value: id, enumerable: true },
    strategy: {
      // The credentials are read now: they change with `rotate()`.
      value: (options: CarrierOptions = {}) => factory(simulator.credentials, { ...simulator.options, ...options }),
      enumerable: true,
    },
  })
}
