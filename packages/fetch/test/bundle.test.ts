import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tlsServers } from '@auth/testing'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const servers = tlsServers()
const here = fileURLToPath(new URL('.', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'))
  await writeFile(join(folder, 'package.json'), '{}')
})
afterAll(() => rm(folder, { recursive: true }))

const PROGRAM = `
import { posti } from '@auth/core/carriers/posti'
import { withAuth } from '@auth/fetch'
const strategy = posti({ username: 'user', password: 'password' }, {
  origins: [process.env.API],
  tokenEndpoint: process.env.API + '/token',
  environment: 'Prod',
})
withAuth(fetch, strategy)(process.env.API + '/parcels').then(async (response) => console.log(await response.text()))
`

const WITH_CERTIFICATE = `
import { clientCertificate, createStrategy } from '@auth/core'
import { withAuth } from '@auth/fetch'
const { API, CERT: cert, KEY: key } = process.env
const strategy = createStrategy({ origins: [API], layers: [clientCertificate({ cert, key, ca: process.env.CA })] })
let began = false
new Promise((resolve) => {
  const authenticated = withAuth(fetch, strategy)
  began = true
  resolve(authenticated(API))
}).then(
  async (response) => console.log(await response.text()),
  (error) => console.log(error.code + ' ' + error.message + (began ? '' : ', at start')),
)
`

type Format = 'esm' | 'cjs'

async function bundled(program: string, format: Format, name: string): Promise<string> {
  const outfile = join(folder, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await build({
    stdin: { contents: program, resolveDir: here, loader: 'js' },
    bundle: true,
    minify: true,
    platform: 'node',
    conditions: ['@auth/source'],
    nodePaths: [join(here, '../node_modules')],
    alias: { '@auth/fetch': join(here, '../src/index.ts') },
    format,
    outfile,
    logLevel: 'error',
  })
  return outfile
}

const start = async (file: string, env: Record<string, string> = {}): Promise<string> => {
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, servers.authority.certificate)
  const { stdout } = await run(process.execPath, [file], {
    env: { ...process.env, ...env, API: servers.api.origin, NODE_EXTRA_CA_CERTS: ca },
    timeout: 15_000,
  })
  return stdout.trim()
}

describe.each<Format>(['esm', 'cjs'])('a bundle of esbuild, %s', (format) => {
  test('with one carrier and no certificate takes 90 kB at most, and runs', async () => {
    const file = await bundled(PROGRAM, format, 'posti')
    expect((await stat(file)).size).toBeLessThanOrEqual(90_000)
    servers.api.onRequest(({ path, headers }) =>
      path.startsWith('/token')
        ? {
            headers: { 'content-type': 'application/json' },
            body: '{"access_token":"token-0001","token_type":"bearer","expires_in":3600}',
          }
        : { body: `arrived ${headers.authorization}` },
    )
    expect(await start(file)).toBe('arrived Bearer token-0001')
  })

  test('with a certificate presents it where undici is installed, and says what to install where it is not', async () => {
    const file = await bundled(WITH_CERTIFICATE, format, 'certificate')
    await expectCertificate(file, format === 'esm')
  })
})

test('a bundle of rollup with a certificate presents it, and says what to install', async () => {
  const entry = join(folder, 'entry.mjs')
  await writeFile(entry, await stdinOf(WITH_CERTIFICATE))
  const bundle = await rollup({ input: entry, logLevel: 'silent' })
  const file = join(folder, 'rolled.mjs')
  await bundle.write({ file, format: 'esm', inlineDynamicImports: true })
  await expectCertificate(file, true)
})

/** Its imports in one file already, and as JavaScript: rollup alone reads neither types nor the workspace. */
async function stdinOf(program: string): Promise<string> {
  const result = await build({
    stdin: { contents: program, resolveDir: here, loader: 'js' },
    bundle: true,
    platform: 'node',
    conditions: ['@auth/source'],
    alias: { '@auth/fetch': join(here, '../src/index.ts') },
    format: 'esm',
    write: false,
  })
  return result.outputFiles[0]?.text ?? ''
}

async function expectCertificate(file: string, atStart: boolean): Promise<void> {
  const { cert, key } = await servers.authority.issueClient({ commonName: 'ours' })
  const env = { CERT: cert, KEY: key, CA: servers.authority.certificate }
  servers.api.onRequest(({ certificate }) => ({ body: `seen ${certificate}` }))
  const message = await start(file, env)
  expect(message.replace(/, at start$/, '')).toMatch(/^ERR_AUTH_CONFIGURATION tls: .*npm install undici@7$/)
  expect(message.endsWith('at start')).toBe(atStart)
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  const undici = dirname(createRequire(import.meta.url).resolve('undici/package.json'))
  await symlink(undici, join(modules, 'undici'))
  expect(await start(file, env)).toBe('seen ours')
  await rm(modules, { recursive: true })
}
