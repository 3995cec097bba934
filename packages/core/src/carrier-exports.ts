// Written by `pnpm carriers` from the files in ./carriers. Do not edit.
export {
  type EasypostConnectCredentials,
  type EasypostConnectOptions,
  easypostConnect,
} from './carriers/easypost-connect.ts'
export {
  type MachineToMachineCredentials,
  type MachineToMachineOptions,
  machineToMachine,
} from './carriers/machine-to-machine.ts'
export { type NzPostCredentials, type NzPostOptions, nzPost } from './carriers/nz-post.ts'
export { type PostiCredentials, type PostiOptions, posti } from './carriers/posti.ts'
export { type SendcloudCredentials, type SendcloudOptions, sendcloud } from './carriers/sendcloud.ts'
