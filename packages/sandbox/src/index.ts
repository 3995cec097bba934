// @auth/sandbox: shipping carriers on loopback. The certificate authority alone is in ./pki.

export type { CarrierId } from '@auth/core/carriers'
export type {
  EasypostConnectControl,
  EasypostConnectCredentials,
  EasypostConnectSimulator,
  EasypostConnectSimulatorOptions,
} from './carriers/easypost-connect.ts'
export type {
  MachineToMachineControl,
  MachineToMachineCredentials,
  MachineToMachineSimulator,
  MachineToMachineSimulatorOptions,
} from './carriers/machine-to-machine.ts'
export type { NzPostCredentials, NzPostPlacement, NzPostSimulator, NzPostSimulatorOptions } from './carriers/nz-post.ts'
export type { PostiCredentials, PostiLockout, PostiSimulator, PostiSimulatorOptions } from './carriers/posti.ts'
export type {
  SendcloudControl,
  SendcloudCredentials,
  SendcloudIntegration,
  SendcloudSimulator,
  SendcloudSimulatorOptions,
} from './carriers/sendcloud.ts'
export type {
  DescribedCredentials,
  DescribedSimulator,
  DescribedSimulatorOptions,
} from './described/start-described.ts'
export { type Fault, type FaultSwitches, fault, type TokenFault } from './faults.ts'
export type { Forgery } from './jwt-issuer.ts'
export type { Counters, ObservedRequest } from './recorder.ts'
export type { CarrierProperty } from './registry.ts'
export type { Answer } from './response.ts'
export { type Sandbox, type SandboxOptions, type SimulatorSettings, type Simulators, startSandbox } from './sandbox.ts'
export { type ServedSandbox, type ServeOptions, serveSandbox } from './serve.ts'
export type { Control, Simulator } from './simulator.ts'
export type { SandboxClock } from './token-registry.ts'
export type { Webhooks } from './webhook.ts'
