import { type Credentials, type Strategy, ups, usps } from '@auth/core'
import { reauthorize, reportRefusal } from '@auth/core/adapter'
import { afterEach, describe, expect, test } from 'vitest'
import { apiFault } from '../src/fault-catalog.ts'
import { type DescribedSimulator, type DescribedSimulatorOptions, startSandbox } from '../src/index.ts'
import { HOUR, MINUTE, manualClock } from './support/clock.ts'
import { FORM, form, type Reply, type RequestOptions, request } from './support/request.ts'

const manual = manualClock()
/** For the sandbox and for strategies: waits take no time, and time passes only when told so. */
const clock = { ...manual, monotonic: manual.now, delay: async () => {} }
let close: () => Promise<void> = async () => {}
afterEach(() => close())

type Name = 'ups' | 'usps' | 'fedex' | 'dpdMeta' | 'royalMailShipping' | 'bring'

async function start(name: Name, settings: DescribedSimulatorOptions = {}): Promise<DescribedSimulator> {
  const sandbox = await startSandbox({ carriers: [name], clock, host: '127.0.0.1', [name]: settings })
  close = sandbox.close
  return (sandbox as unknown as Record<Name, DescribedSimulator>)[name]
}

const ca = ({ options }: DescribedSimulator): string => String(options.ca)
const endpoint = ({ options }: DescribedSimulator): string => String(options.tokenEndpoint)

/** A call as the adapters make it: once more where the strategy has other credentials, and a report of a second refusal. */
async function call(simulator: DescribedSimulator, strategy: Strategy, path: string): Promise<Reply> {
  const sent = { url: `${simulator.baseUrl}${path}`, method: 'GET', headers: {} }
  const ask = async ({ headers = {} }: Credentials) => {
    const reply = await request(sent.url, { headers: { ...headers }, ca: ca(simulator) })
    return { reply, answer: { status: reply.status, body: async () => reply.text } }
  }
  const credentials = await strategy.authorize(sent)
  const first = await ask(credentials)
  if (first.reply.status < 400) return first.reply
  const others = await reauthorize(strategy, sent, credentials, first.answer)
  if (others === undefined) return first.reply
  const second = await ask(others)
  if (second.reply.status >= 400) reportRefusal(strategy, sent, others, { ...second.answer, replayed: true })
  return second.reply
}

function login(simulator: DescribedSimulator, options: RequestOptions & { localAddress?: string } = {}) {
  const { clientId, clientSecret } = simulator.credentials as Record<string, string>
  const body = form({
    grant_type: 'client_credentials',
    client_id: String(clientId),
    client_secret: String(clientSecret),
  })
  return request(endpoint(simulator), { method: 'POST', headers: FORM, body, ca: ca(simulator), ...options })
}

describe('USPS', () => {
  const payment = { roles: [{ roleName: 'PAYER', CRID: '1', MID: '2' }] }

  test('wants a payment token for labels, which the strategy requests once', async () => {
    const simulator = await start('usps')
    const options = { ...simulator.options, clock }
    const paying = usps(simulator.credentials as never, { ...options, payment } as never)
    expect((await call(simulator, paying, '/labels/v3/label')).status).toBe(200)
    expect((await call(simulator, paying, '/international-labels/v3/label')).status).toBe(200)
    expect((await call(simulator, paying, '/addresses/v3/address')).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 4 })

    const bare = usps(simulator.credentials as never, options as never)
    expect((await call(simulator, bare, '/labels/v3/label')).status).toBe(401)
  })

  test('lets a payment token end, and renews neither token too often', async () => {
    const simulator = await start('usps')
    const strategy = usps(simulator.credentials as never, { ...simulator.options, clock, payment } as never)
    expect((await call(simulator, strategy, '/labels/v3/label')).status).toBe(200)
    clock.advance(51 * MINUTE)
    expect((await call(simulator, strategy, '/labels/v3/label')).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 4 })
  })

  test('refuses roles that name nobody', async () => {
    const simulator = await start('usps')
    const { headers = {} } = await usps(simulator.credentials as never, simulator.options as never).authorize({
      url: simulator.baseUrl,
      method: 'POST',
      headers: {},
    })
    const url = `${simulator.baseUrl}/payments/v3/payment-authorization`
    for (const body of ['', '{}', '[', '{"roles":[]}', '{"roles":[null]}', '{"roles":[{"roleName":"PAYER"}]}']) {
      expect((await request(url, { method: 'POST', headers, body, ca: ca(simulator) })).status).toBe(400)
    }
  })
})

test('UPS: a missing product looks like a wrong token, and costs one more token, not one a call', async () => {
  const simulator = await start('ups')
  const strategy = ups(simulator.credentials as never, { ...simulator.options, clock } as never)
  simulator.control.faults.api(apiFault('permission-as-401') as never)
  for (let i = 0; i < 5; i++) {
    const reply = await call(simulator, strategy, '/api/rating/v1/Rate')
    expect(reply.status).toBe(401)
    expect(reply.text).toContain('250002')
  }
  expect(simulator.control.counters.tokenRequests).toBe(2)
})

describe('FedEx', () => {
  test('limits token requests by address, and calls during the penalty extend it', async () => {
    const simulator = await start('fedex')
    for (let i = 0; i < 15; i++) expect((await login(simulator)).status).toBe(200)
    const blocked = await login(simulator)
    expect([blocked.status, blocked.headers['content-type']]).toEqual([403, 'text/html'])
    expect((await login(simulator, { localAddress: '127.0.0.2' })).status).toBe(200)
    clock.advance(9 * MINUTE)
    expect((await login(simulator)).status).toBe(403)
    clock.advance(9 * MINUTE)
    expect((await login(simulator)).status).toBe(403)
    clock.advance(10 * MINUTE)
    expect((await login(simulator)).status).toBe(200)
  })

  test('keeps its strategy waiting for ten minutes, without a request that would extend them', async () => {
    const simulator = await start('fedex')
    const strategy = simulator.strategy({ clock })
    for (let i = 0; i < 16; i++) await login(simulator)
    const sent = { url: simulator.baseUrl, method: 'GET', headers: {} }
    for (let i = 0; i < 3; i++) {
      await expect(strategy.authorize(sent)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' })
    }
    expect(simulator.control.counters.tokenRequests).toBe(17)
    clock.advance(10 * MINUTE + 1000)
    expect(await strategy.authorize(sent)).toHaveProperty('headers')
  })

  test('has no limits when told so', async () => {
    const simulator = await start('fedex', { quotas: false })
    for (let i = 0; i < 30; i++) expect((await login(simulator)).status).toBe(200)
  })
})

test('DPD META: the token is in a header, without a body, and lives for a day', async () => {
  const simulator = await start('dpdMeta')
  const { username, password, bucode } = simulator.credentials as Record<string, string>
  const headers = { 'x-dpd-login': username, 'x-dpd-password': password, 'x-dpd-bucode': bucode } as never
  const reply = await request(endpoint(simulator), { method: 'POST', headers, ca: ca(simulator) })
  expect([reply.status, reply.text, typeof reply.headers['x-dpd-token']]).toEqual([200, '', 'string'])
  const strategy = simulator.strategy({ clock })
  for (const requests of [2, 2, 3]) {
    expect((await call(simulator, strategy, '/shipping/v1/shipment')).status).toBe(200)
    expect(simulator.control.counters.tokenRequests).toBe(requests)
    if (requests === 2) clock.advance(simulator.control.counters.apiCalls === 1 ? HOUR : 24 * HOUR)
  }
})

test('Royal Mail Shipping: answers in XML unless JSON is asked for, as its strategy does', async () => {
  const simulator = await start('royalMailShipping')
  const { clientId, clientSecret, username, password } = simulator.credentials as Record<string, string>
  const headers = {
    'x-ibm-client-id': clientId,
    'x-ibm-client-secret': clientSecret,
    'x-rmg-security-username': username,
    'x-rmg-security-password': password,
  } as Record<string, string>
  const ask = (more: Record<string, string>) =>
    request(endpoint(simulator), { method: 'POST', headers: { ...headers, ...more }, ca: ca(simulator) })
  expect((await ask({})).text).toMatch(/^<\?xml [^>]*\?><token>[0-9a-f]+<\/token>$/)
  const refused = await ask({ 'x-rmg-security-password': 'wrong' })
  expect([refused.status, refused.headers['content-type']]).toEqual([401, 'application/xml'])
  expect((await ask({ accept: 'application/json' })).json).toHaveProperty('token')
  expect((await call(simulator, simulator.strategy({ clock }), '/shipping/v3/shipments')).status).toBe(200)
})

test('limits API calls for each account, where a number is documented', async () => {
  const simulator = await start('bring')
  const { headers = {} } = await simulator.strategy().authorize({ url: simulator.baseUrl, method: 'GET', headers: {} })
  const ask = () => request(`${simulator.baseUrl}/tracking/api/v2/tracking.json`, { headers, ca: ca(simulator) })
  let served = 0
  while ((await ask()).status === 200 && served < 100) served += 1
  expect(served).toBe(18)
  clock.advance(MINUTE)
  expect((await ask()).status).toBe(200)
})

test('revokes earlier tokens with each new one, where told so', async () => {
  const simulator = await start('fedex', { issuingRevokes: true })
  const tokens = [(await login(simulator)).json.access_token, (await login(simulator)).json.access_token]
  const statuses = tokens.map(async (token) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await request(`${simulator.baseUrl}/track`, { headers, ca: ca(simulator) })).status
  })
  expect(await Promise.all(statuses)).toEqual([401, 200])
})
