import { Writable } from 'node:stream'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { carriers } from '../src/carriers.ts'
import { type Client, clients } from '../src/clients.ts'
import { demo } from '../src/demo.ts'

function output(): Writable & { text(): string } {
  let written = ''
  const out = new Writable({
    write(chunk, _, done) {
      written += chunk
      done()
    },
  })
  return Object.assign(out, { text: () => written })
}

describe('the whole matrix', () => {
  const out = output()
  let code: number
  beforeAll(async () => {
    // Set by a test runner on a terminal, it would colour everything.
    vi.stubEnv('FORCE_COLOR', undefined)
    code = await demo(['--verbose'], out)
  }, 120_000)

  test('has only right cells, and exits with 0', () => {
    expect(out.text()).toMatch(/^All \d+ cells are right\.$/m)
    expect(code).toBe(0)
  })

  test('has a block for each carrier with a column for each client, and no empty cell', () => {
    const columns = clients.map(({ id }) => id).join(' +')
    const lines = out.text().split('\n')
    for (const { title } of carriers) {
      const heading = lines.find((line) => line.startsWith(title.slice(0, 31))) ?? ''
      expect(heading.slice(32)).toMatch(new RegExp(`^${columns}$`))
    }
    const rows = out.text().match(/^ {2}.*[✓✗].*$/gm) ?? []
    expect(rows.length).toBeGreaterThan(50)
    for (const row of rows) expect(row.match(/[✓✗] \w/g)).toHaveLength(clients.length)
  })

  test('fits a terminal of 80 columns, and has no colours outside of one', () => {
    for (const line of out.text().split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(out.text()).not.toContain('\x1b')
  })

  test('tells the token requests of each carrier', () => {
    expect(out.text().match(/^ {2}in all +\d+ token requests for \d+ API calls$/gm)).toHaveLength(carriers.length)
  })
})

test('a client that attaches nothing makes wrong cells, says what was expected and what came, and exits with 1', async () => {
  const bare: Client = {
    id: 'bare',
    connect: () => async () => ({ status: 401, body: 'no credentials' }),
  }
  const out = output()
  expect(await demo(['--verbose', '--carrier', 'posti'], out, { clients: [bare] })).toBe(1)
  expect(out.text()).toContain('✗ 401')
  expect(out.text()).toContain('  posti, bare, authenticated: expected 200, got 401\n    no credentials\n')
  expect(out.text()).toContain('  posti, bare, token requests: expected 3, got 0\n')
})

test('a client that lets everything through makes wrong cells where a call should have been refused', async () => {
  const open: Client = { id: 'open', connect: () => async () => ({ status: 200, body: '' }) }
  const out = output()
  expect(await demo(['--carrier', 'easypost-connect'], out, { clients: [open] })).toBe(1)
  expect(out.text()).toContain('easypost-connect, open, certificate missing: expected TLS, got 200')
})

test('a client that cannot be set up makes wrong cells, and the others are tried all the same', async () => {
  let made = 0
  const broken: Client = {
    id: 'broken',
    connect: (strategy) => {
      if (++made > 1) throw new Error('no such agent')
      return (clients[3] as Client).connect(strategy)
    },
  }
  const out = output()
  expect(await demo(['--carrier', 'sendcloud-basic'], out, { clients: [broken] })).toBe(1)
  expect(out.text()).toContain('Basic missing: expected 401, got error\n    Error: no such agent')
  expect(out.text()).toContain('6 of 8 cells are wrong')
})

test('shows a line for each carrier unless asked for more', async () => {
  const out = output()
  expect(await demo(['posti', 'shippo', '--client', 'fetch'], out)).toBe(0)
  expect(out.text()).toMatch(/^posti +✓ fetch +\d+ tokens, \d+ calls$/m)
  expect(out.text()).toMatch(/^shippo +✓ fetch +0 tokens, \d+ calls$/m)
  expect(out.text()).not.toContain('token revoked')
})

test('writes JSON and nothing else for machines', async () => {
  const out = output()
  expect(await demo(['posti', '--client', 'fetch', '--json'], out)).toBe(0)
  expect(JSON.parse(out.text())).toMatchObject({ right: true, carriers: [{ id: 'posti' }] })
})

test('filters by carrier and client', async () => {
  const out = output()
  expect(await demo(['--carrier', 'sendcloud-basic', '--client', 'fetch'], out)).toBe(0)
  expect(out.text()).toContain('All 8 cells are right.')
  expect(out.text()).not.toContain('Posti')
})

test.each([
  [['--carrier', 'dhl'], '--carrier: there is no dhl, but easypost-connect, posti'],
  [['dhl'], '--carrier: there is no dhl, but easypost-connect, posti'],
  [['--client', 'jquery'], '--client: there is no jquery, but axios, got, ky, fetch'],
  [['--verbos'], "Unknown option '--verbos'"],
])('refuses the arguments %j', async (args, message) => {
  const out = output()
  expect(await demo(args, out)).toBe(2)
  expect(out.text()).toContain(message)
})

test('explains itself', async () => {
  const out = output()
  expect(await demo(['--help'], out)).toBe(0)
  expect(out.text()).toContain('--carrier <id>')
})
