import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createClientKeyAndCsr } from '@auth/core/node'
import { validate } from 'dockerfile-utils'
import { describe, expect } from 'vitest'
import { sandboxTest } from '../src/vitest.ts'
import { basicAuth, request } from './support/request.ts'

const run = promisify(execFile)
const test = sandboxTest({ carriers: ['posti', 'easypost-connect'] })
const seen: unknown[] = []

describe('the fixture of vitest', () => {
  test('starts the sandbox of the file', async ({ sandbox }) => {
    seen.push(sandbox)
    const { credentials, options } = sandbox.posti
    const { status } = await request(`${options.tokenEndpoint}?grant_type=client_credentials`, {
      method: 'POST',
      headers: { authorization: basicAuth(credentials.username, credentials.password) },
      ca: options.ca,
    })
    expect(status).toBe(200)
  })

  test('is the same in the next test', ({ sandbox }) => {
    expect(seen).toEqual([sandbox])
  })

  test('takes a signing request of createClientKeyAndCsr, and the certificate works', async ({ sandbox }) => {
    const { easypostConnect } = sandbox
    const { key, csr } = await createClientKeyAndCsr({ commonName: 'client.example.com' })
    const cert = await easypostConnect.control.submitCsr(csr)
    const strategy = easypostConnect.strategy()
    const { headers = {} } = await strategy.authorize({ url: easypostConnect.baseUrl, method: 'GET', headers: {} })
    const call = { headers, ca: easypostConnect.options.ca, cert, key }
    expect((await request(`${easypostConnect.baseUrl}/jobs`, call)).status).toBe(200)
  })

  test("takes a signing request of the document's openssl lines", async ({ sandbox }) => {
    const folder = mkdtempSync(join(tmpdir(), 'openssl-'))
    try {
      const lines =
        'openssl genrsa -out client.key 2048\nopenssl req -new -key client.key -out client.csr -subj "/CN=client.example.com"'
      await run('sh', ['-ec', lines], { cwd: folder })
      const { easypostConnect } = sandbox
      const cert = await easypostConnect.control.submitCsr(readFileSync(join(folder, 'client.csr'), 'utf8'))
      writeFileSync(join(folder, 'client.crt'), cert)
      const { headers = {} } = await easypostConnect
        .strategy()
        .authorize({ url: easypostConnect.baseUrl, method: 'GET', headers: {} })
      const call = {
        headers,
        ca: easypostConnect.options.ca,
        cert,
        key: readFileSync(join(folder, 'client.key'), 'utf8'),
      }
      expect((await request(`${easypostConnect.baseUrl}/jobs`, call)).status).toBe(200)
      const { stdout } = await run('openssl', ['x509', '-in', 'client.crt', '-noout', '-subject'], { cwd: folder })
      expect(stdout).toContain('client.example.com')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the helper for node:test', () => {
  test('starts a sandbox for a test and stops it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-test-'))
    const helper = fileURLToPath(new URL('../src/node-test.ts', import.meta.url))
    const file = join(folder, 'own.test.mjs')
    writeFileSync(
      file,
      `import test from 'node:test'
import assert from 'node:assert'
import { sandboxFor } from ${JSON.stringify(helper)}
test('sandbox', async (t) => {
  const sandbox = await sandboxFor(t, { carriers: ['posti'] })
  assert.match(sandbox.posti.baseUrl, /^https:/)
})
`,
    )
    try {
      // Of the runner that runs this file, nothing goes along.
      const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
      const { stdout } = await run(process.execPath, ['--conditions=@auth/source', '--test', file], { env })
      expect(stdout).toMatch(/pass 1\b/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the Dockerfile', () => {
  test('is valid', () => {
    const text = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
    expect(validate(text)).toEqual([])
  })
})
