import type { CarrierId } from '@auth/core/carriers'
import { test as base } from 'vitest'
import type { CarrierProperty, DefaultCarrier } from './registry.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/**
 * A `test` of vitest with the fixture `sandbox`: it starts when the first test of the file asks for it, and stops after
 * the last one.
 *
 * @example
 * const test = sandboxTest({ carriers: ['posti'] })
 * test('gets estimates', async ({ sandbox }) => {
 *   const client = withAuth(fetch, sandbox.posti.strategy())
 * })
 */
export function sandboxTest<Name extends CarrierId | CarrierProperty = DefaultCarrier>(
  options: SandboxOptions<Name> = {},
) {
  return base.extend<{ sandbox: Sandbox<Name> }>({
    sandbox: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameters of a fixture
      async ({}, use) => {
        const sandbox = await startSandbox(options)
        await use(sandbox)
        await sandbox.close()
      },
      { scope: 'file' },
    ],
  })
}
