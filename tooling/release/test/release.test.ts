import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { run } from '../src/command.ts'

const script = fileURLToPath(new URL('../src/release.ts', import.meta.url))

test('refuses to release while the scope has no registry', async () => {
  await expect(run(process.execPath, [script])).rejects.toThrow('refused: no registry is set for the scope @auth')
})

test('refuses to release to the public registry', async () => {
  const env = { ...process.env, 'npm_config_@auth:registry': 'https://registry.npmjs.org/' }
  await expect(run(process.execPath, [script, '--dry-run'], { env })).rejects.toThrow(
    'refused: registry.npmjs.org is the public registry',
  )
})
