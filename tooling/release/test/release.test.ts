import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { run } from '../src/command.ts'

const script = fileURLToPath(new URL('../src/release.ts', import.meta.url))

// The environment outranks every .npmrc of the machine the tests run on.
const release = (registry: string) =>
  run(process.execPath, [script, '--dry-run'], { env: { ...process.env, 'npm_config_@auth:registry': registry } })

test('refuses to release while the scope has no registry', async () => {
  await expect(release('undefined')).rejects.toThrow('refused: no registry is set for the scope @auth')
})

test('refuses to release to the public registry', async () => {
  await expect(release('https://registry.npmjs.org/')).rejects.toThrow(
    'refused: registry.npmjs.org is the public registry',
  )
})
