import { type Carrier, carriers } from '@auth/core/carriers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDescribed } from '../src/described/start-described.ts'
import { type Listener, listen } from '../src/listener.ts'
import { createCertificateAuthority } from '../src/pki.ts'
import type { SimulatorContext } from '../src/simulator.ts'
import { HOUR, manualClock } from './support/clock.ts'
import { type Reply, request } from './support/request.ts'

const clock = manualClock()
const listeners: Listener[] = []
let context: SimulatorContext

beforeAll(async () => {
  const authority = await createCertificateAuthority()
  const server = await authority.issueServer()
  context = {
    clock,
    authority,
    onRequest: undefined,
    async listen(handler, tls) {
      const listener = await listen(handler, { ...server, ...tls })
      listeners.push(listener)
      return listener.origin
    },
  }
})
afterAll(() => Promise.all(listeners.map((listener) => listener.close())))

/** The carrier from its description alone, and a strategy for it; a certificate is not asked for. */
async function start(carrier: Carrier) {
  const simulator = await startDescribed(carrier, context)
  const { origins, tokenEndpoint, ca, ...own } = simulator.options
  const options =
    carrier.id === 'machine-to-machine'
      ? { baseUrl: simulator.baseUrl, tokenEndpoint, ca }
      : { origins, tokenEndpoint, ca, ...own }
  const strategy = carrier.create(simulator.credentials, options)
  const [method = 'GET', target = '/'] = carrier.about.api[0]?.[0]?.split(' ') ?? []
  const url = `${simulator.baseUrl}${target.split('?')[0]}`
  const call = async (): Promise<Reply> => {
    const sent = { url, method, headers: {} }
    const { headers = {}, query = {} } = await strategy.authorize(sent)
    const reply = await request(withQuery(url, query), { method, headers, ca: String(ca) })
    if (await strategy.recover({ ...sent, headers: { ...headers } }, { status: reply.status })) return call()
    return reply
  }
  return { ...simulator, simulator, strategy, call, url }
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const full = new URL(url)
  for (const [name, value] of Object.entries(query)) full.searchParams.set(name, value)
  return full.href
}

describe.each(carriers.map((carrier) => [carrier.id, carrier] as const))('%s', (_, carrier) => {
  const hasToken = carrier.about.token !== undefined && carrier.about.api[0]?.some((line) => line.includes('{token}'))

  test('takes its own strategy, and one token serves every call', async () => {
    const { call, simulator } = await start(carrier)
    for (let i = 0; i < 3; i++) expect((await call()).status).toBe(200)
    expect(simulator.control.counters.tokenRequests).toBe(hasToken ? 1 : 0)
  })

  test('rejects a call without credentials', async () => {
    const { url, simulator } = await start(carrier)
    const { status } = await request(url, { ca: String(simulator.options.ca) })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(simulator.control.counters.apiCalls).toBe(1)
  })

  test('opens further accounts, whose credentials work', async () => {
    const { simulator } = await start(carrier)
    const credentials = await simulator.control.createAccount()
    expect(credentials).not.toEqual(simulator.credentials)
  })

  test.runIf(hasToken)('rejects a token that was revoked, and one that has ended', async () => {
    const { url, simulator, strategy } = await start(carrier)
    const { ca } = simulator.options
    const authorize = async () => {
      const { headers = {}, query = {} } = await strategy.authorize({ url, method: 'GET', headers: {} })
      return () => request(withQuery(url, query), { headers, ca: String(ca) })
    }
    for (const end of [() => simulator.control.revoke(), () => clock.advance(24 * 365 * HOUR)]) {
      await strategy.reset()
      const call = await authorize()
      expect((await call()).status).toBe(200)
      end()
      expect((await call()).status).toBeGreaterThanOrEqual(400)
    }
  })

  test.runIf(hasToken)(
    'rejects wrong credentials at its token endpoint, and right ones while it is locked',
    async () => {
      const { simulator, strategy, url } = await start(carrier)
      simulator.control.lock()
      await expect(strategy.authorize({ url, method: 'GET', headers: {} })).rejects.toMatchObject({
        code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      })
      simulator.control.unlock()
      await strategy.reset()
      expect(await strategy.authorize({ url, method: 'GET', headers: {} })).toHaveProperty('headers')
    },
  )
})
