import type { CarrierOptions, Strategy } from '@auth/core'
import { type Carrier, type CarrierId, carriers } from '@auth/core/carriers'
import { startEasypostConnect } from './carriers/easypost-connect.ts'
import { startMachineToMachine } from './carriers/machine-to-machine.ts'
import { startNzPost } from './carriers/nz-post.ts'
import { startPosti } from './carriers/posti.ts'
import { startSendcloud } from './carriers/sendcloud.ts'
import { startDescribed } from './described/start-described.ts'
import type { SimulatorContext } from './simulator.ts'
import type { SandboxClock } from './token-registry.ts'
import { webhooks } from './webhook.ts'

/** Starts a carrier; `settings` are its simulator's own. */
type Start = (
  context: SimulatorContext,
  // biome-ignore lint/suspicious/noExplicitAny: each simulator has settings of its own
  settings?: any,
) => Promise<{ readonly credentials: object; readonly options: object; readonly control: object }>

// Documents with ambiguities, as switches, and portals with settings: these have more to them than their description.
const OWN = {
  'easypost-connect': startEasypostConnect,
  posti: startPosti,
  'nz-post': startNzPost,
  sendcloud: startSendcloud,
  'machine-to-machine': startMachineToMachine,
} satisfies Partial<Record<CarrierId, Start>>

/** The carriers that start by default. */
export const DEFAULT_CARRIERS = Object.keys(OWN) as readonly (keyof typeof OWN)[]
export type DefaultCarrier = keyof typeof OWN

export const CARRIER_IDS: readonly CarrierId[] = carriers.map(({ id }) => id as CarrierId)

/** The name of a carrier's factory, as a property of the sandbox: `nz-post` is `nzPost`. */
export type PropertyOf<Id extends string> = Id extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<PropertyOf<Rest>>}`
  : Id

/** The carrier's name as a property of the sandbox: that of its factory. */
export type CarrierProperty = PropertyOf<CarrierId>

export function propertyOf(id: CarrierId): CarrierProperty {
  return entryOf(id).name as CarrierProperty
}

/** The id for an id or a property name; `undefined` for anything else. */
export function carrierId(name: unknown): CarrierId | undefined {
  return carriers.find((carrier) => carrier.id === name || carrier.name === name)?.id as CarrierId | undefined
}

/** Starts the carrier's own simulator, or one made from its description. */
export function startCarrier(id: CarrierId, context: SimulatorContext, settings: unknown): ReturnType<Start> {
  const own: Start | undefined = Object.hasOwn(OWN, id) ? OWN[id as DefaultCarrier] : undefined
  return own === undefined
    ? startDescribed(entryOf(id), context, settings as object | undefined)
    : own(context, settings)
}

/** Gives a simulator its id, the strategy that fits it, and the carrier's webhooks. */
export function named<S extends { readonly credentials: object; readonly options: object; readonly control: object }>(
  id: CarrierId,
  simulator: S,
  clock: SandboxClock,
): S & { readonly id: CarrierId; strategy(options?: CarrierOptions): Strategy } {
  const events = webhooks(id, clock, simulator)
  if (events !== undefined) Object.assign(simulator.control, { webhooks: events })
  return Object.defineProperties(simulator as S & { id: CarrierId; strategy(options?: CarrierOptions): Strategy }, {
    id: { value: id, enumerable: true },
    strategy: {
      // The credentials are read now: they change with `rotate()`.
      value: (options: CarrierOptions = {}) =>
        entryOf(id).create(simulator.credentials, { ...simulator.options, ...options }),
      enumerable: true,
    },
  })
}

function entryOf(id: CarrierId): Carrier {
  return carriers.find((carrier) => carrier.id === id) as Carrier
}
