// Written by `pnpm carriers` from the files in ./carriers. Do not edit.
import { type Carrier, carrier } from './carrier-entry.ts'
import { easypostConnect, about as easypostConnectAbout } from './carriers/easypost-connect.ts'
import { machineToMachine, about as machineToMachineAbout } from './carriers/machine-to-machine.ts'
import { nzPost, about as nzPostAbout } from './carriers/nz-post.ts'
import { posti, about as postiAbout } from './carriers/posti.ts'
import { sendcloud, about as sendcloudAbout } from './carriers/sendcloud.ts'

export type { CarrierAbout, CarrierRefusal } from './carrier-about.ts'
export type { Carrier } from './carrier-entry.ts'

/** The ids of every carrier. */
export type CarrierId = 'easypost-connect' | 'machine-to-machine' | 'nz-post' | 'posti' | 'sendcloud'

/** Every carrier, by id. For tools: an application imports the carriers it uses. */
export const carriers: readonly Carrier[] = [
  carrier('easypostConnect', easypostConnect, easypostConnectAbout),
  carrier('machineToMachine', machineToMachine, machineToMachineAbout),
  carrier('nzPost', nzPost, nzPostAbout),
  carrier('posti', posti, postiAbout),
  carrier('sendcloud', sendcloud, sendcloudAbout),
]
