import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fault, type Sandbox, startSandbox } from '@auth/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Check } from '../src/doctor/check.ts'
import type { Diagnosis } from '../src/doctor/doctor.ts'
import { carrierAuth, environmentOf, folder, spawned } from './support/program.ts'

let sandbox: Sandbox<'posti' | 'sendcloud' | 'easypost-connect'>

beforeAll(async () => {
  sandbox = await startSandbox({ carriers: ['posti', 'sendcloud', 'easypost-connect'] })
})
afterAll(() => sandbox.close())

/** Each with a memory of its own. */
const memory = (): Record<string, string> => ({ XDG_STATE_HOME: folder() })

async function diagnosis(
  args: readonly string[],
  env: Record<string, string>,
): Promise<Diagnosis & { code: number | null }> {
  const { code, out, err } = await carrierAuth(['doctor', ...args, '--json'], { env })
  expect(err).toBe('')
  return { code, ...(JSON.parse(out) as Diagnosis) }
}

function check({ checks }: Diagnosis, id: string): Check {
  return checks.find((one) => one.id === id) as Check
}

describe('doctor', () => {
  test('walks the chain of a healthy account and uses one login', async () => {
    const before = sandbox.posti.control.counters.tokenRequests
    const found = await diagnosis(['posti'], environmentOf(sandbox.posti, memory()))
    expect(found).toMatchObject({ code: 0, version: 1, carrier: 'posti', verdict: 'healthy', logins: 1 })
    expect(found.checks.map(({ id, state }) => [id, state])).toEqual([
      ['configuration', 'pass'],
      ['certificate', 'skipped'],
      ['dns', 'pass'],
      ['proxy', 'pass'],
      ['tls', 'pass'],
      ['clock', 'pass'],
      ['token', 'pass'],
      ['api', 'skipped'],
    ])
    expect(check(found, 'api').summary).toContain('present, not verified')
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before + 1)
  })

  test('remembers a rejection between runs, and sends nothing the second time', async () => {
    const env = environmentOf(sandbox.posti, { ...memory(), POSTI_PASSWORD: 'not-the-password' })
    const first = await diagnosis(['posti'], env)
    expect(first).toMatchObject({ code: 1, verdict: 'fault', logins: 1 })
    expect(check(first, 'token').fix).toContain('five invalid logins')
    expect(check(first, 'api').state).toBe('skipped')
    const before = sandbox.posti.control.counters.tokenRequests
    const second = await diagnosis(['posti'], env)
    expect(second).toMatchObject({ code: 1, verdict: 'fault', logins: 0 })
    expect(check(second, 'token').summary).toContain('nothing was sent')
    const third = await carrierAuth(['token', 'posti'], { env })
    expect(third).toMatchObject({ code: 1, out: '' })
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before)
    const right = await diagnosis(['posti'], { ...env, POSTI_PASSWORD: sandbox.posti.credentials.password })
    expect(right, 'a changed password is tried at once').toMatchObject({ code: 0, logins: 1 })
  })

  test('asks before the last logins, whichever passwords the others had', async () => {
    const env = environmentOf(sandbox.posti, memory())
    for (const guess of ['one-guess', 'two-guess', 'three-guess']) {
      const wrong = await diagnosis(['posti'], { ...env, POSTI_PASSWORD: guess })
      expect(wrong).toMatchObject({ code: 1, logins: 1 })
    }
    const before = sandbox.posti.control.counters.tokenRequests
    const unasked = await diagnosis(['posti'], env)
    expect(unasked).toMatchObject({ code: 3, verdict: 'undecided', logins: 0 })
    expect(check(unasked, 'token')).toMatchObject({ state: 'inconclusive', fix: expect.stringContaining('--yes') })
    const known = await diagnosis(['posti'], { ...env, POSTI_PASSWORD: 'three-guess' })
    expect(known, 'nothing is asked where nothing would be sent').toMatchObject({ code: 1, logins: 0 })
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before)
    expect(await diagnosis(['posti', '--yes'], env)).toMatchObject({ code: 0, logins: 1 })
    expect(await diagnosis(['posti'], env), 'a login that was accepted ends the count').toMatchObject({ code: 0 })
  })

  test('remembers a rejection by an API without tokens, too', async () => {
    const env = environmentOf(sandbox.sendcloud, { ...memory(), SENDCLOUD_SECRET_KEY: 'not-the-key' })
    const first = await diagnosis(['sendcloud'], env)
    expect(first).toMatchObject({ code: 1, logins: 1 })
    expect(check(first, 'api').fix).toContain("mode: 'oauth2' is for integrations with")
    expect(await diagnosis(['sendcloud'], env)).toMatchObject({ code: 1, logins: 0 })
    const forgiven = await diagnosis(['sendcloud', '--forget'], env)
    expect(forgiven, 'unless it is told that the fault was elsewhere').toMatchObject({ code: 1, logins: 1 })
  })

  test('calls the API by the probe', async () => {
    const found = await diagnosis(['sendcloud'], environmentOf(sandbox.sendcloud, memory()))
    expect(check(found, 'api')).toMatchObject({ state: 'pass', summary: expect.stringContaining('GET /api/v2/user') })
  })

  test('presents certificate, key and token by a path of the user’s own', async () => {
    const env = environmentOf(sandbox.easypostConnect, memory())
    const found = await diagnosis(['easypost-connect', '--probe', '/jobs'], env)
    expect(check(found, 'certificate').state).toBe('pass')
    expect(check(found, 'api')).toMatchObject({ state: 'pass' })
    const wrong = await diagnosis(['easypost-connect', '--probe', '/jobs'], {
      ...env,
      EASYPOST_CONNECT_API_KEY: 'another-key',
    })
    expect(check(wrong, 'token').state).toBe('pass')
    expect(check(wrong, 'api')).toMatchObject({ state: 'fail', fix: expect.stringContaining('API key') })
  })

  test('finds that key and certificate do not belong together, and sends nothing', async () => {
    const other = await sandbox.authority.issueClient({ commonName: 'other' })
    const env = environmentOf(sandbox.easypostConnect, { ...memory(), EASYPOST_CONNECT_TLS_KEY: other.key })
    const found = await diagnosis(['easypost-connect'], env)
    expect(found).toMatchObject({ code: 1, logins: 0 })
    expect(check(found, 'configuration').state).toBe('pass')
    expect(check(found, 'certificate')).toMatchObject({ state: 'fail', summary: expect.stringContaining('another') })
    expect(check(found, 'dns').state).toBe('skipped')
  })

  test.each([
    ['$' + '{POSTI_PW}', 'nobody has expanded'],
    ['$POSTI_PW', 'nobody has expanded'],
    ['$' + '{{ secrets.POSTI }}', 'nobody has expanded'],
    ['changeme', 'placeholder'],
    ['pass\nword', 'line break'],
    ['', 'is empty'],
  ])('refuses %j as a password without sending it', async (password, problem) => {
    const before = sandbox.posti.control.counters.tokenRequests
    const env = environmentOf(sandbox.posti, { ...memory(), POSTI_PASSWORD: password })
    const found = await diagnosis(['posti'], env)
    expect(found).toMatchObject({ code: 1, logins: 0 })
    expect(check(found, 'configuration')).toMatchObject({ state: 'fail', summary: expect.stringContaining(problem) })
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before)
  })

  test('names what is missing, where it is found, and what was set in its place', async () => {
    const { POSTI_PASSWORD: password = '', ...rest } = environmentOf(sandbox.posti, memory())
    const found = await diagnosis(['posti'], { ...rest, POSTI_PASWORD: password })
    expect(found.code).toBe(1)
    expect(check(found, 'configuration')).toMatchObject({
      state: 'fail',
      summary: 'POSTI_PASSWORD is not set (POSTI_PASWORD is set, and nobody reads it)',
      fix: expect.stringContaining('Secret of the service account'),
    })
  })

  test('reads files and commands, and says which', async () => {
    const { POSTI_PASSWORD: password = '', POSTI_USERNAME: user = '', ...rest } = environmentOf(sandbox.posti, memory())
    const file = join(folder(), 'password')
    writeFileSync(file, `${password}\n`)
    const env = { ...rest, POSTI_PASSWORD_FILE: file, POSTI_USERNAME_COMMAND: `echo ${user}` }
    const found = await diagnosis(['posti'], env)
    expect(found.code).toBe(0)
    expect(check(found, 'configuration').summary).toContain(`POSTI_PASSWORD from POSTI_PASSWORD_FILE (${file}) #`)
    expect(check(found, 'configuration').summary).toContain('POSTI_USERNAME from POSTI_USERNAME_COMMAND #')
    const both = await diagnosis(['posti'], { ...env, POSTI_PASSWORD: password })
    expect(check(both, 'configuration').summary).toBe('POSTI_PASSWORD and POSTI_PASSWORD_FILE are both set')
    const broken = await diagnosis(['posti'], { ...env, POSTI_USERNAME_COMMAND: `echo ${password} >&2; exit 3` })
    expect(check(broken, 'configuration').summary).toBe('POSTI_USERNAME_COMMAND: the command failed (3)')
  })

  test('finds a certificate that nobody trusts: a fault, and no login', async () => {
    const { POSTI_CA: _, ...env } = environmentOf(sandbox.posti, memory())
    const found = await diagnosis(['posti'], env)
    expect(found).toMatchObject({ code: 1, logins: 0 })
    expect(check(found, 'tls')).toMatchObject({ state: 'fail', fix: expect.stringContaining('--ca') })
    expect(check(found, 'token').state).toBe('skipped')
  })

  test('cannot decide when nobody answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    server.close()
    const env = environmentOf(sandbox.posti, memory())
    const found = await diagnosis(['posti', '--origins', `https://localhost:${port}`], env)
    expect(found).toMatchObject({ code: 3, verdict: 'undecided', logins: 0 })
    expect(check(found, 'tls')).toMatchObject({
      state: 'inconclusive',
      summary: expect.stringContaining('ECONNREFUSED'),
    })
    const unknown = await diagnosis(['posti', '--token-endpoint', 'https://nowhere.invalid/token'], env)
    expect(unknown).toMatchObject({ code: 3, logins: 0 })
    expect(check(unknown, 'dns').state).toBe('inconclusive')
  })

  test('cannot decide when the token endpoint has trouble', async () => {
    sandbox.posti.control.faults.tokenEndpoint(fault.unavailable)
    try {
      const found = await diagnosis(['posti'], environmentOf(sandbox.posti, memory()))
      expect(found).toMatchObject({ code: 3, verdict: 'undecided' })
      expect(found.logins, 'each attempt counts').toBeGreaterThan(1)
    } finally {
      sandbox.posti.control.faults.clear()
    }
  })

  test('sends nothing with --offline', async () => {
    const before = sandbox.posti.control.counters.tokenRequests
    const found = await diagnosis(['posti', '--offline'], environmentOf(sandbox.posti, memory()))
    expect(found).toMatchObject({ code: 0, logins: 0 })
    expect(found.checks.filter(({ state }) => state === 'skipped').map(({ id }) => id)).toEqual([
      'certificate',
      'dns',
      'proxy',
      'tls',
      'clock',
      'token',
      'api',
    ])
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before)
  })

  test('says the same as a program of its own', async () => {
    const env = environmentOf(sandbox.posti, memory())
    const { code, out, err } = await spawned(['doctor', 'posti'], { env })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^pass {10}configuration {2}POSTI_USERNAME #[0-9a-f]{6}, POSTI_PASSWORD #[0-9a-f]{6}/)
    expect(out).toContain('posti: healthy; 1 login was used\n')
  })

  test('shows no secret, and keeps none', async () => {
    const state = memory()
    const env = environmentOf(sandbox.posti, { ...state, POSTI_PASSWORD: 'a-very-secret-password' })
    const { out, err } = await carrierAuth(['doctor', 'posti'], { env })
    expect(out).toContain('a fault was found; 1 login was used')
    expect(out + err).not.toContain('a-very-secret-password')
    await carrierAuth(['doctor', 'posti'], { env: { ...env, ...environmentOf(sandbox.posti) } })
    const kept = readFileSync(join(state.XDG_STATE_HOME ?? '', 'carrier-auth/rejections.json'), 'utf8')
    expect(kept).not.toContain('a-very-secret-password')
    expect(kept).not.toMatch(/"token"/)
  })

  test.each([
    [['doctor', 'dhl-moon'], 'there is no carrier "dhl-moon"'],
    [['doctor', 'easypos'], 'is it easypost or easypost-connect?'],
    [['doctor'], "missing required argument 'carrier'"],
    [['doctor', 'posti', '--mode', 'basic'], '--mode: posti has no such option'],
    [['doctor', 'posti', '--password', 'x'], "unknown option '--password'"],
    [['doctor', './missing.ts'], 'there is no file ./missing.ts'],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('%j is wrong usage: code 2 and a sentence', async (args, sentence) => {
    const { code, out, err } = await carrierAuth(args, { env: memory() })
    expect(code).toBe(2)
    expect(err).toContain(sentence)
    expect(out).toBe('')
  })

  test('runs on a strategy of the user’s own', async () => {
    const file = join(folder(), 'carrier.ts')
    const core = new URL('../../core/src/index.ts', import.meta.url).href
    const module = (password: string): string => `
      import { posti } from ${JSON.stringify(core)}
      export default posti(
        { username: ${JSON.stringify(sandbox.posti.credentials.username)}, password: ${JSON.stringify(password)} },
        ${JSON.stringify(sandbox.posti.options)},
      )`
    const env = memory()
    writeFileSync(file, module(sandbox.posti.credentials.password))
    const healthy = await diagnosis([file], env)
    expect(healthy).toMatchObject({ code: 0, carrier: file, logins: 1 })
    expect(check(healthy, 'tls'), 'the strategy may trust what nobody else does').toMatchObject({ state: 'warn' })
    const ca = join(folder(), 'ca.pem')
    writeFileSync(ca, sandbox.authority.certificate)
    expect(check(await diagnosis([file, '--ca', ca], env), 'tls').state).toBe('pass')
    const other = join(folder(), 'other.ts')
    writeFileSync(other, module('wrong-password'))
    expect(await diagnosis([other], env)).toMatchObject({ code: 1, logins: 1 })
    const before = sandbox.posti.control.counters.tokenRequests
    expect(await diagnosis([other], env), 'nor does it try again').toMatchObject({ code: 1, logins: 0 })
    expect(sandbox.posti.control.counters.tokenRequests).toBe(before)
  })
})
