import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UserConfig } from '@hey-api/openapi-ts'
import { onTestFinished } from 'vitest'
import { openapi } from './openapi.ts'

/** What the generated clients have in common: one function for each operation, and the client behind them. */
export interface GeneratedClient {
  readonly client: { setConfig(config: object): unknown }
  listShipments(options?: object): Promise<{ data?: { shipments: unknown[] }; error?: unknown }>
  echo(options: { body: { parcel: string }; client?: object }): Promise<{ data?: { parcel?: string }; error?: unknown }>
}

/**
 * Generates a client from the OpenAPI document and loads it; it is deleted when the test has finished. `testFile` says
 * whose dependencies it imports.
 */
export async function generatedClient(
  plugin: '@hey-api/client-axios' | '@hey-api/client-fetch' | '@hey-api/client-ky',
  testFile: string,
): Promise<GeneratedClient> {
  // Loaded here: the other suites have no use for a generator and its compiler.
  const { createClient } = await import('@hey-api/openapi-ts')
  const folder = await mkdtemp(join(tmpdir(), 'generated-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await symlink(fileURLToPath(new URL('../node_modules', testFile)), join(folder, 'node_modules'))
  const path = join(folder, 'client')
  const config = { input: openapi, output: { path }, plugins: [plugin, '@hey-api/sdk'], logs: { level: 'silent' } }
  await createClient(config as unknown as UserConfig)
  const { client } = (await import(join(path, 'client.gen.ts'))) as Pick<GeneratedClient, 'client'>
  const sdk = (await import(join(path, 'sdk.gen.ts'))) as Omit<GeneratedClient, 'client'>
  return {
    client,
    // Its own default client may be another instance of the module.
    listShipments: () => sdk.listShipments({ client }),
    echo: (options) => sdk.echo({ ...options, client }),
  }
}
