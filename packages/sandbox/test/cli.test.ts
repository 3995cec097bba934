import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { type Program, program } from './support/program.ts'

const shell = promisify(execFile)
const started: Program[] = []
const folders: string[] = []

afterEach(async () => {
  for (const { process: child, ended } of started.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function start(...args: string[]): Program {
  const one = program(...args)
  started.push(one)
  return one
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cli-'))
  folders.push(path)
  return path
}

describe('carrier-sandbox', () => {
  test('prints curl lines that work in sh as printed', async () => {
    const sandbox = start()
    await sandbox.printed('Press Ctrl+C')
    const sections = sandbox.out().split(/^(?=[a-z-]+ {2}https)/m)
    expect(sections.map((section) => section.split(' ')[0])).toEqual([
      'easypost-connect',
      'posti',
      'nz-post',
      'sendcloud',
      'machine-to-machine',
    ])
    for (const section of sections) {
      const lines = section.split('\n').filter((line) => /^ {2}(?:TOKEN=|curl )/.test(line))
      const { stdout } = await shell('sh', ['-eu', '-c', lines.join('\n').replaceAll('curl ', 'curl --fail ')])
      expect(() => JSON.parse(stdout), section).not.toThrow()
    }
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 after %s and leaves nothing behind', async (signal) => {
    const sandbox = start('--carrier', 'posti')
    await sandbox.printed('Press Ctrl+C')
    const [, ca = ''] = /Trust anchor: (.*)/.exec(sandbox.out()) ?? []
    expect(existsSync(ca)).toBe(true)
    sandbox.process.kill(signal)
    expect(await sandbox.ended).toEqual([0, null])
    expect(existsSync(join(ca, '..'))).toBe(false)
  })

  test('prints JSON', async () => {
    const sandbox = start('--carrier', 'nz-post,sendcloud', '--json')
    await sandbox.printed('\n}\n')
    const { control, ca, carriers } = JSON.parse(sandbox.out())
    expect(carriers.map(({ id }: { id: string }) => id)).toEqual(['nz-post', 'sendcloud'])
    expect(readFileSync(ca, 'utf8')).toContain('BEGIN CERTIFICATE')
    expect((await fetch(`${control}/carriers`)).status).toBe(200)
  })

  test('takes consecutive ports, and says which one is in use', async () => {
    const taken = createServer().listen(0, 'localhost')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const sandbox = start('--carrier', 'posti', '--port', String(port))
    expect(await sandbox.ended).toEqual([1, null])
    expect(sandbox.err()).toBe(
      `carrier-sandbox: port ${port} is in use; choose another one with --port or --control-port\n`,
    )
    taken.close()
  })

  test.each([
    [['--carrier', 'dhl-moon'], 'there is no carrier dhl-moon'],
    [['--fault', 'posti'], 'must be carrier:endpoint:fault'],
    [['--fault', 'posti:token:sleepy'], 'there is no fault sleepy'],
    [['--fault', 'posti:token:truncated:0'], 'times must be a whole number above 0'],
    [['--fault', 'posti:api:truncated'], 'there is no fault truncated'],
    [['--carrier', 'nz-post', '--fault', 'posti:token:hang'], 'posti is not among the carriers'],
    [['--port', '0'], 'must be a port'],
    [['--prot', '4000'], "unknown option '--prot'"],
    [['posti'], 'too many arguments'],
  ])('%j is wrong usage: code 2 and a sentence', async (args, sentence) => {
    const sandbox = start(...args)
    expect(await sandbox.ended).toEqual([2, null])
    expect(sandbox.err()).toContain(sentence)
    expect(sandbox.out()).toBe('')
  })

  test('shows its options and examples', async () => {
    const sandbox = start('--help')
    expect(await sandbox.ended).toEqual([0, null])
    expect(sandbox.out()).toContain('--write-env <file>')
    expect(sandbox.out()).toContain('Examples:')
  })

  test('breaks what it is told to break', async () => {
    const sandbox = start('--carrier', 'posti', '--fault', 'posti:token:unavailable:1', '--json')
    await sandbox.printed('\n}\n')
    const { ca, carriers } = JSON.parse(sandbox.out())
    const [{ credentials, options }] = carriers
    const call = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', ca, '-X', 'POST']
    const user = ['--user', `${credentials.username}:${credentials.password}`]
    const url = `${options.tokenEndpoint}?grant_type=client_credentials`
    expect((await shell('curl', [...call, ...user, url])).stdout).toBe('503')
    expect((await shell('curl', [...call, ...user, url])).stdout).toBe('200')
  })
})

describe('--write-env', () => {
  test('writes what Node reads back, for its owner only', async () => {
    const file = join(folder(), '.env')
    const sandbox = start('--carrier', 'easypost-connect', '--write-env', file, '--json')
    await sandbox.printed('\n}\n')
    const [{ credentials, options }] = JSON.parse(sandbox.out()).carriers
    const env = parseEnv(readFileSync(file, 'utf8'))
    expect(env.EASYPOST_CONNECT_CLIENT_SECRET).toBe(credentials.clientSecret)
    expect(env.EASYPOST_CONNECT_TLS_KEY).toBe(credentials.tls.key)
    expect(env.EASYPOST_CONNECT_ORIGINS).toBe(options.origins.join(','))
    expect(env.EASYPOST_CONNECT_CA).toBe(options.ca)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['without a line break at its end', 'MINE=1'],
    ['with Windows line breaks', '# mine\r\nMINE=1\r\n'],
    [
      'with an earlier block in the middle',
      'A=1\n# >>> carrier-sandbox >>>\nPOSTI_USERNAME=old\n# <<< carrier-sandbox <<<\nB=2\n',
    ],
    ['with half a block', 'A=1\n# >>> carrier-sandbox >>>\nC=3\n'],
  ])('keeps every line of a file %s', async (_, before) => {
    const file = join(folder(), '.env')
    writeFileSync(file, before, { mode: 0o640 })
    for (let round = 0; round < 2; round++) {
      const sandbox = start('--carrier', 'posti', '--write-env', file)
      await sandbox.printed('Press Ctrl+C')
    }
    const after = readFileSync(file, 'utf8')
    const foreign = before.split(/\r?\n/).filter((line) => line !== '' && !/carrier-sandbox|POSTI/.test(line))
    for (const line of foreign) expect(after.split(/\r?\n/)).toContain(line)
    expect(after.match(/POSTI_USERNAME=/g)).toHaveLength(1)
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  test('says so when the file cannot be written', async () => {
    const sandbox = start('--carrier', 'posti', '--write-env', join(folder(), 'missing', '.env'))
    expect(await sandbox.ended).toEqual([1, null])
    expect(sandbox.err()).toMatch(/cannot be written \(ENOENT\)/)
  })
})
