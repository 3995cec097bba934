import {
  type CarrierProperty,
  type ObservedRequest,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '@auth/sandbox'
import { onTestFinished } from 'vitest'
import { type ManualClock, manualClock } from './clock.ts'

/** One carrier for one test, and what it has seen. */
export interface Stage<Id extends CarrierProperty> {
  readonly sandbox: Sandbox<Id>
  readonly clock: ManualClock
  tokenRequests(): readonly ObservedRequest[]
  apiCalls(): readonly ObservedRequest[]
}

/** Starts a carrier; the end of the test ends it. */
export async function stage<Id extends CarrierProperty>(
  id: Id,
  options: SandboxOptions[Id],
  clock: ManualClock = manualClock(),
): Promise<Stage<Id>> {
  const seen: ObservedRequest[] = []
  const onRequest = (request: ObservedRequest): void => void seen.push(request)
  const sandbox = await startSandbox<Id>({ carriers: [id], clock, onRequest, [id]: options })
  onTestFinished(() => sandbox.close())
  return {
    sandbox,
    clock,
    tokenRequests: () => seen.filter(({ endpoint }) => endpoint === 'token'),
    apiCalls: () => seen.filter(({ endpoint }) => endpoint === 'api'),
  }
}
