import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { carriers } from '@auth/core/carriers'
import { apiKey, inboundRequest } from '@auth/core/verify'
import { type Sandbox, startSandbox } from '@auth/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { carrierAuth, environmentOf, folder, spawned } from './support/program.ts'

let sandbox: Sandbox<'posti' | 'sendcloud'>

beforeAll(async () => {
  sandbox = await startSandbox({ carriers: ['posti', 'sendcloud'] })
})
afterAll(() => sandbox.close())

describe('token', () => {
  test('prints the token alone on standard output', async () => {
    const env = environmentOf(sandbox.posti, { XDG_STATE_HOME: folder() })
    const { code, out, err } = await spawned(['token', 'posti'], { env })
    expect(code).toBe(0)
    expect(out).toMatch(/^[\x21-\x7e]+\n$/)
    expect(err).toMatch(/^It ends at /)
    expect(sandbox.posti.control.counters.tokenFailures).toBe(0)
  })

  test('says which account has none', async () => {
    const env = environmentOf(sandbox.sendcloud, { XDG_STATE_HOME: folder() })
    const { code, out, err } = await carrierAuth(['token', 'sendcloud'], { env })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('sendcloud has no token')
  })

  test('says what is not set, and exits with 1', async () => {
    const { code, out, err } = await carrierAuth(['token', 'posti'], { env: { XDG_STATE_HOME: folder() } })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('POSTI_USERNAME, POSTI_PASSWORD are not set')
  })
})

describe('csr', () => {
  const args = (path: string): string[] => [
    'csr',
    '--common-name',
    'client.example.com',
    '--key',
    join(path, 'client.key'),
    '--out',
    join(path, 'client.csr'),
  ]

  test('writes a key for its owner only, and a request that an authority signs', async () => {
    const path = folder()
    const { code, out } = await spawned(args(path))
    expect([code, out]).toEqual([0, ''])
    expect(statSync(join(path, 'client.key')).mode & 0o777).toBe(0o600)
    const signed = new X509Certificate(await sandbox.authority.signCsr(readFileSync(join(path, 'client.csr'), 'utf8')))
    expect(signed.subject).toBe('CN=client.example.com')
    expect(signed.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  test.each(['client.key', 'client.csr'])('overwrites no %s, and leaves no half of a pair', async (name) => {
    const path = folder()
    writeFileSync(join(path, name), 'mine')
    const { code, err } = await carrierAuth(args(path))
    expect(code).toBe(1)
    expect(err).toContain(`${name} exists already`)
    expect(readFileSync(join(path, name), 'utf8')).toBe('mine')
    const other = name === 'client.key' ? 'client.csr' : 'client.key'
    expect(existsSync(join(path, other))).toBe(false)
  })
})

describe('hash-key', () => {
  test('prints what apiKey takes', async () => {
    const { code, out } = await spawned(['hash-key'], { input: 'the-key-of-a-customer\n' })
    expect(code).toBe(0)
    const policy = apiKey({ keys: [{ id: 'customer', hash: out.trim() }] })
    const asked = (key: string) =>
      policy.decide(inboundRequest(new Request('https://localhost/', { headers: { 'x-api-key': key } })))
    expect((await asked('the-key-of-a-customer')).outcome).toBe('authenticated')
    expect((await asked('the-key-of-another')).outcome).toBe('invalid')
  })

  test.each(['', '\n', 'two\nkeys\n'])('refuses %j', async (input) => {
    expect(await carrierAuth(['hash-key'], { input })).toMatchObject({ code: 2, out: '' })
  })

  test('takes no key as an argument, where others could see it', async () => {
    expect(await carrierAuth(['hash-key', 'the-key'])).toMatchObject({ code: 2, out: '' })
  })
})

describe('carriers', () => {
  test('lists all of them, and as JSON with their variables', async () => {
    const { out } = await carrierAuth(['carriers'])
    expect(out.trimEnd().split('\n')).toHaveLength(carriers.length)
    const all = JSON.parse((await carrierAuth(['carriers', '--json'])).out)
    expect(all).toHaveLength(carriers.length)
    const posti = all.find(({ id }: { id: string }) => id === 'posti')
    expect(posti.variables).toContainEqual({ variable: 'POSTI_PASSWORD', kind: 'credential', required: true })
    expect(posti.limits).toEqual(['Five invalid logins lock the account for one hour'])
  })

  test.each(carriers.map(({ id }) => id))('describes %s', async (id) => {
    const { code, out } = await carrierAuth(['carriers', id])
    expect(code).toBe(0)
    expect(out).toContain(`(${id})`)
    expect(out).not.toContain('undefined')
  })
})

describe('carrier-auth', () => {
  test.each(['doctor', 'token', 'csr', 'hash-key', 'carriers', 'proxy'])(
    '%s --help shows an example',
    async (command) => {
      const { code, out, err } = await carrierAuth([command, '--help'])
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`Examples?:\\n(?:.*\\n)*.*carrier-auth ${command}`))
    },
  )

  test('completes carriers and options', async () => {
    const script = await spawned(['complete', 'zsh'])
    expect(script.code).toBe(0)
    expect(script.out).toContain('#compdef carrier-auth')
    const ids = await spawned(['complete', '--', 'doctor', 'pos'])
    expect(ids.out).toContain('posti')
    const options = await spawned(['complete', '--', 'doctor', '--off'])
    expect(options.out).toContain('--offline')
  })
})
