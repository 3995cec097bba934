import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type CertificateAuthority, createCertificateAuthority } from '@auth/sandbox/pki'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exerciseServers } from './exercise-server.ts'
import { CONFIGURATION_ERROR, EXPECTED, FOLLOWED } from './findings.ts'

const run = promisify(execFile)
const bin = (name: string): string => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

/**
 * Runs an adapter in Bun and Deno. `program` is a module that puts it through `exercise`, with the origins of `API`
 * and `ELSEWHERE` in the environment, and prints the findings as JSON.
 */
export function describeRuntimes(program: URL): void {
  describe('other runtimes', () => {
    let authority: CertificateAuthority
    let servers: Awaited<ReturnType<typeof exerciseServers>>
    let folder: string
    beforeAll(async () => {
      authority = await createCertificateAuthority()
      servers = await exerciseServers(authority)
      folder = await mkdtemp(join(tmpdir(), 'runtime-'))
      await writeFile(join(folder, 'ca.pem'), authority.certificate)
    })
    afterAll(async () => {
      await servers.close()
      await rm(folder, { recursive: true })
    })

    test.each([
      ['Bun', 'bun', ['--conditions=@auth/source']],
      ['Deno', 'deno', ['run', '--allow-all', '--no-config', '--node-modules-dir=manual', '--conditions=@auth/source']],
    ])('%s: tokens, Basic and keys, replays and redirects; a clear word for certificates', async (_, name, args) => {
      const ca = join(folder, 'ca.pem')
      const { stdout } = await run(bin(name), [...args, fileURLToPath(program)], {
        timeout: 15_000,
        env: {
          ...process.env,
          API: servers.api.origin,
          ELSEWHERE: servers.elsewhere.origin,
          NODE_EXTRA_CA_CERTS: ca,
          DENO_CERT: ca,
        },
      })
      expect(JSON.parse(stdout)).toEqual({ ...EXPECTED, ...FOLLOWED, certificate: CONFIGURATION_ERROR })
    })
  })
}
