import type { CarrierId } from '@auth/core/carriers'
import type { CarrierProperty, DefaultCarrier } from './registry.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/** A test's context of `node:test`, as far as it matters here. */
export interface TestContextLike {
  after(end: () => Promise<void>): void
}

/**
 * Starts a sandbox that stops after a test of `node:test`, or after a suite when it is given the suite's context.
 *
 * @example
 * test('gets estimates', async (t) => {
 *   const sandbox = await sandboxFor(t, { carriers: ['posti'] })
 *   const client = withAuth(fetch, sandbox.posti.strategy())
 * })
 */
export async function sandboxFor<Name extends CarrierId | CarrierProperty = DefaultCarrier>(
  context: TestContextLike,
  options: SandboxOptions<Name> = {},
): Promise<Sandbox<Name>> {
  const sandbox = await startSandbox(options)
  context.after(() => sandbox.close())
  return sandbox
}
