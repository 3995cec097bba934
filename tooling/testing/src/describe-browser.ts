import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import { CHROMIUM, systemProgram, without } from '@auth/vitest/system-program'
import type { Rolldown } from 'vite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exerciseServers } from './exercise-server.ts'
import { CONFIGURATION_ERROR, EXPECTED } from './findings.ts'

/**
 * Bundles an adapter for browsers and runs it in headless Chromium. `page` is a module that puts it
 * through `exercise`, with the page's own origin and `?elsewhere` as origins, and posts the findings to `/findings`.
 */
export function describeBrowser(page: URL): void {
  const bundle = async (): Promise<string> => {
    // Loaded here: the other suites have no use for a bundler.
    const { build } = await import('vite')
    const result = (await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@auth/source', 'browser', 'module', 'import', 'default'] },
      build: { write: false, minify: false, target: 'es2023', lib: { entry: fileURLToPath(page), formats: ['es'] } },
    })) as Rolldown.RolldownOutput[]
    const chunks = result.flatMap(({ output }) => output)
    expect(chunks).toHaveLength(1)
    return (chunks[0] as Rolldown.OutputChunk).code
  }

  describe('browsers', () => {
    test('makes a bundle without Node and without undici', async () => {
      const code = await bundle()
      expect(code).not.toMatch(/from ?["'](node:|undici)/)
      expect(code).not.toMatch(/import\(/)
      expect(code).not.toContain('__vite-browser-external')
    })

    test.skipIf(without('CHROMIUM'))('Chromium: tokens, Basic and keys, and replays', async () => {
      const chromium = await systemProgram(CHROMIUM)
      const html = {
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><script type=module src=/page.js></script>',
      }
      const script = { headers: { 'content-type': 'text/javascript' }, body: await bundle() }
      const authority = await createCertificateAuthority()
      const posted = Promise.withResolvers<string>()
      const servers = await exerciseServers(authority, { '/page': html, '/page.js': script }, posted.resolve)
      onTestFinished(async () => void (await servers.close()))
      const profile = await mkdtemp(join(tmpdir(), 'chromium-'))
      const options = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--ignore-certificate-errors',
        `--user-data-dir=${profile}`,
        `${servers.api.origin}/page?elsewhere=${servers.elsewhere.origin}`,
      ]
      const browser = spawn(chromium, options, { stdio: 'ignore' })
      onTestFinished(async () => {
        const ended = new Promise((resolve) => browser.once('exit', resolve))
        browser.kill('SIGKILL')
        await ended
        await rm(profile, { recursive: true, force: true, maxRetries: 5 })
      })
      // A browser does not say where a redirect leads, so an authenticated request cannot follow safely.
      const refused = expect.stringMatching(/^TypeError: redirected/)
      expect(JSON.parse(await posted.promise)).toEqual({
        ...EXPECTED,
        redirected: refused,
        redirectedElsewhere: refused,
        certificate: CONFIGURATION_ERROR,
      })
    })
  })
}
