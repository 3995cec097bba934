import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { PYTHON, systemProgram } from '@auth/vitest/system-program'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../src/index.ts'
import type { Job, Outcome } from './witnesses/outcomes.ts'

/** Programs that know nothing of this repository. Each is told of the sandbox's authority by its environment alone. */
const WITNESSES: readonly (readonly [name: string, program: () => Promise<string>, file: string])[] = [
  ['openid-client', async () => process.execPath, 'openid-client.ts'],
  ['simple-oauth2', async () => process.execPath, 'simple-oauth2.ts'],
  ["Python's standard library", () => systemProgram(PYTHON), 'client.py'],
]

let sandbox: Sandbox
let folder: string
beforeAll(async () => {
  // openid-client form-encodes what it sends as Basic (RFC 6749, 2.3.1), and the carriers do not decode: no "-".
  sandbox = await startSandbox({
    posti: { credentials: { username: 'account', password: 'password123' } },
    sendcloud: { useOAuth2: true, credentials: { publicKey: 'public', secretKey: 'private123' } },
    machineToMachine: { credentials: { clientId: 'client', clientSecret: 'secret123' } },
  })
  folder = mkdtempSync(join(tmpdir(), 'witnesses-'))
  const { cert, key } = sandbox.easypostConnect.credentials.tls
  for (const [name, content] of Object.entries({ ca: sandbox.authority.certificate, cert, key })) {
    writeFileSync(join(folder, `${name}.pem`), content, { mode: 0o600 })
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await sandbox.close()
})

async function witness([, program, file]: (typeof WITNESSES)[number], jobs: readonly Job[]): Promise<Outcome[]> {
  const ca = join(folder, 'ca.pem')
  const child = spawn(await program(), [fileURLToPath(new URL(`witnesses/${file}`, import.meta.url))], {
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(jobs))
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  expect(code).toBe(0)
  return JSON.parse(printed)
}

/** What each carrier's document says of its token request, and one of its API calls. */
function jobs(): Record<string, Job> {
  const { easypostConnect, posti, nzPost, sendcloud, machineToMachine } = sandbox
  const call = (url: string, headers: Record<string, string> = {}): Pick<Job, 'call'> => ({ call: { url, headers } })
  return {
    easypostConnect: { ...easypostConnect.credentials, ...easypostConnect.options, method: 'post' },
    posti: {
      tokenEndpoint: posti.options.tokenEndpoint,
      clientId: posti.credentials.username,
      clientSecret: posti.credentials.password,
      method: 'basic',
      ...call(`${posti.baseUrl}/estimation/v1/estimates`),
    },
    nzPost: {
      ...nzPost.credentials,
      tokenEndpoint: nzPost.options.tokenEndpoint,
      method: 'post',
      ...call(`${nzPost.baseUrl}/labels/domestic`),
    },
    sendcloud: {
      tokenEndpoint: sendcloud.options.tokenEndpoint,
      clientId: sendcloud.credentials.publicKey,
      clientSecret: sendcloud.credentials.secretKey,
      method: 'basic',
      scope: 'api',
      ...call(`${sendcloud.baseUrl}/api/v2/user`),
    },
    machineToMachine: {
      ...machineToMachine.credentials,
      tokenEndpoint: `${machineToMachine.baseUrl}/oauth/v2/token`,
      method: 'basic',
      ...call(`${machineToMachine.baseUrl}/v1/shipments`),
    },
  }
}

describe.each(WITNESSES.map((one) => [one[0], one] as const))('%s', (name, one) => {
  test('gets tokens from every carrier, and calls its API with them', async () => {
    const { easypostConnect, ...others } = jobs() as Record<string, Job>
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    const headers = { 'x-api-key': sandbox.easypostConnect.credentials.apiKey }
    const mutual = { call: { url: `${sandbox.easypostConnect.baseUrl}/jobs`, headers }, tls }
    // The two in JavaScript send by fetch, which takes no client certificate: they ask for the token only.
    const first = { ...(easypostConnect as Job), ...(name.startsWith('Python') && mutual) }
    const outcomes = await witness(one, [first, ...Object.values(others)])
    expect(outcomes).toEqual(Array(5).fill({ at: 'api', status: 200 }))
  })

  test('is rejected with a wrong secret, each time with the status of the carrier', async () => {
    const wrong = Object.values(jobs()).map((job) => ({ ...job, clientSecret: 'wrong' }))
    const outcomes = await witness(one, wrong)
    expect(outcomes).toEqual([400, 401, 401, 401, 401].map((status) => ({ at: 'token', status })))
  })
})
