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

test('says in one sentence that there is no token', async () => {
  const failure = await release('http://127.0.0.1:9/').catch((error: Error) => error.message)
  expect(String(failure).trim().split('\n')).toHaveLength(2)
  expect(failure).toContain('refused: no token for http://127.0.0.1:9/: run "npm login')
})

test('says in one sentence that the registry cannot be reached', async () => {
  const env = {
    ...process.env,
    'npm_config_@auth:registry': 'http://127.0.0.1:9/',
    'npm_config_//127.0.0.1:9/:_authToken': 'token',
  }
  await expect(run(process.execPath, [script, '--dry-run'], { env })).rejects.toThrow(
    /refused: http:\/\/127\.0\.0\.1:9\/ cannot be reached \(ECONNREFUSED\)$/,
  )
})

test('refuses a scope that is none', async () => {
  await expect(run(process.execPath, [script, '--scope', 'acme'])).rejects.toThrow('did you mean @acme?')
})
