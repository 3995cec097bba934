import {
  type AuthRequest,
  dpdDe,
  dpdMeta,
  dpdUk,
  evri,
  fedex,
  machineToMachine,
  postnord,
  type Strategy,
  ups,
  usps,
} from '@auth/core'
import { carriers } from '@auth/core/carriers'
import { describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { hastyClock, manualClock } from '../support/clock.ts'
import { json, type Loopback, loopback } from '../support/loopback.ts'

// What one carrier has and the others have not. All that its description says is in every-carrier.test.ts.

const client = { clientId: 'id', clientSecret: 'secret' }
const request = (server: Loopback, path: string, method = 'POST'): AuthRequest => {
  return { url: `${server.origin}${path}`, method, headers: {} }
}
const headersFor = async (strategy: Strategy, sent: AuthRequest) => (await strategy.authorize(sent)).headers ?? {}
const local = (server: Loopback, path: string) => ({
  origins: [server.origin],
  tokenEndpoint: `${server.origin}${path}`,
  allowInsecureLoopback: true as const,
})

describe('USPS labels', () => {
  const roles = [
    { roleName: 'PAYER', CRID: '1', MID: '2', manifestMID: '3', accountType: 'EPS', accountNumber: '4' },
    { roleName: 'LABEL_OWNER', CRID: '1', MID: '2' },
  ]
  const payment = { roles }

  /** Issues access tokens and payment tokens; `dead` access tokens are rejected where the payment token is asked for. */
  async function stage() {
    let tokens = 0
    let payments = 0
    const state = { dead: new Set<string>(), badRoles: false }
    const server = await loopback((request, response) => {
      if (request.url === '/oauth2/v3/token') {
        return json(response, 200, { access_token: `access-${++tokens}`, token_type: 'Bearer', expires_in: 28_799 })
      }
      if (request.url !== '/payments/v3/payment-authorization') return json(response, 404, {})
      const bearer = String(request.headers.authorization).slice('Bearer '.length)
      if (state.dead.has(bearer)) return json(response, 401, { error: { code: '401', message: 'invalid' } })
      if (state.badRoles) return json(response, 400, { error: { code: '400', message: 'bad roles' } })
      return json(response, 200, { paymentAuthorizationToken: `payment-${++payments}` })
    })
    const clock = hastyClock()
    const strategy = usps(client, { ...local(server, '/oauth2/v3/token'), payment, clock })
    const seen = () => server.requests.map(({ line }) => line)
    return { server, clock, strategy, state, seen }
  }

  test('carry a payment token, on their paths only, requested with the access token', async () => {
    const { server, strategy, seen } = await stage()
    expect(await headersFor(strategy, request(server, '/addresses/v3/address'))).toEqual({
      authorization: 'Bearer access-1',
    })
    expect(seen()).toEqual(['POST /oauth2/v3/token'])
    for (const path of ['/labels/v3/label', '/international-labels/v3/international-label', '/labels/v3/label']) {
      expect(await headersFor(strategy, request(server, path))).toEqual({
        authorization: 'Bearer access-1',
        'x-payment-authorization-token': 'payment-1',
      })
    }
    expect(await headersFor(strategy, request(server, '/labels/v30/label'))).toEqual({
      authorization: 'Bearer access-1',
    })
    expect(seen()).toEqual(['POST /oauth2/v3/token', 'POST /payments/v3/payment-authorization'])
    const { headers, body } = server.requests[1] ?? {}
    expect(headers?.authorization).toBe('Bearer access-1')
    expect(headers?.['content-type']).toBe('application/json')
    expect(JSON.parse(body ?? '')).toEqual({ roles })
  })

  test('share one payment token, which is kept for 50 minutes', async () => {
    const { server, clock, strategy, seen } = await stage()
    const label = request(server, '/labels/v3/label')
    await Promise.all(Array.from({ length: 20 }, () => strategy.authorize(label)))
    await clock.advance(39 * 60_000)
    await strategy.authorize(label)
    expect(seen()).toHaveLength(2)
    await clock.advance(12 * 60_000)
    expect(await headersFor(strategy, label)).toMatchObject({ 'x-payment-authorization-token': 'payment-2' })
    expect(seen()).toHaveLength(3)
  })

  test('get another access token, once, where the one at hand has ended', async () => {
    const { server, strategy, state, seen } = await stage()
    await strategy.authorize(request(server, '/addresses/v3/address'))
    state.dead.add('access-1')
    // This call had its access token before that was known: its 401 is recovered as any other.
    expect(await headersFor(strategy, request(server, '/labels/v3/label'))).toMatchObject({
      'x-payment-authorization-token': 'payment-1',
    })
    expect(await headersFor(strategy, request(server, '/labels/v3/label'))).toEqual({
      authorization: 'Bearer access-2',
      'x-payment-authorization-token': 'payment-1',
    })
    expect(seen()).toHaveLength(4)
  })

  test('with roles that USPS rejects ask once, not with every label', async () => {
    const { server, strategy, state, seen } = await stage()
    state.badRoles = true
    for (let i = 0; i < 5; i++) {
      await expect(strategy.authorize(request(server, '/labels/v3/label'))).rejects.toMatchObject({
        code: 'ERR_AUTH_CREDENTIALS_REJECTED',
        message: expect.stringContaining('roles'),
      })
    }
    expect(seen()).toHaveLength(2)
    expect(strategy.status().layers.map(({ state }) => state)).toEqual(['fresh', 'rejected'])
    await strategy.reset()
    state.badRoles = false
    expect(await headersFor(strategy, request(server, '/labels/v3/label'))).toHaveProperty('authorization')
  })

  test('renew both tokens after `invalid_token`, and neither for a scope that is missing', async () => {
    const { server, strategy, seen } = await stage()
    const label = request(server, '/labels/v3/label')
    const answer = (title: string) => ({
      status: 401,
      body: async () => JSON.stringify({ error: { code: '401', errors: [{ title, source: 'Access Token' }] } }),
    })
    const sent = { ...label, headers: await headersFor(strategy, label) }
    expect(await strategy.recover(sent, answer('Insufficient OAuth scope'))).toBe(false)
    await strategy.authorize(label)
    expect(seen()).toHaveLength(2)
    expect(await strategy.recover(sent, answer('invalid_token'))).toBe(true)
    const after = await headersFor(strategy, label)
    expect(after).not.toEqual(sent.headers)
    expect(after.authorization).toBe('Bearer access-2')
  })

  test.each([
    ['payment', {}],
    ['payment.roles', { roles: [] }],
    ['payment.roles[0].roleName', { roles: [{ CRID: '1', MID: '2' }] }],
    ['payment.roles[0].mid', { roles: [{ roleName: 'PAYER', CRID: '1', MID: '2', mid: '3' }] }],
  ])('name what is wrong: %s', (option, wrong) => {
    expect(() => usps(client, { payment: wrong as never })).toThrow(`${option}`)
  })
})

describe('FedEx with a child account', () => {
  const child = { ...client, childKey: 'child', childSecret: 'child-secret' }

  test.each([
    [undefined, 'csp_credentials'],
    ['client_pc_credentials', 'client_pc_credentials'],
  ] as const)('grantType %s sends %s, and the child beside the parent', async (grantType, expected) => {
    const server = await loopback((_, response) => json(response, 200, { access_token: 't', expires_in: 3600 }))
    const options = { ...local(server, '/oauth/token'), ...(grantType !== undefined && { grantType }) }
    await fedex(child, options).authorize(request(server, '/ship/v1/shipments'))
    expect(server.requests[0]?.body).toBe(
      `grant_type=${expected}&child_Key=child&child_secret=child-secret&client_id=id&client_secret=secret`,
    )
  })

  test('needs both parts, and a grant type that has a child', () => {
    const { childSecret: _, ...half } = child
    expect(() => fedex(half)).toThrow(/^childSecret: is missing/)
    expect(() => fedex({ ...client, childSecret: 'x' })).toThrow(/^childKey: is missing/)
    expect(() => fedex(client, { grantType: 'csp_credentials' })).toThrow(/^childKey: is missing/)
    expect(() => fedex(child, { grantType: 'client_credentials' })).toThrow(/^grantType: /)
  })
})

test('UPS 250002 is recovered once; what a new token did not cure costs none on that path', async () => {
  let issued = 0
  const server = await loopback((_, response) =>
    json(response, 200, { access_token: `t${++issued}`, expires_in: '14399' }),
  )
  const strategy = ups(client, { ...local(server, '/security/v1/oauth/token'), clock: manualClock() })
  const body = async () => JSON.stringify({ response: { errors: [{ code: '250002', message: 'Invalid' }] } })
  const call = async (path: string): Promise<boolean> => {
    const sent = request(server, path)
    const first = await strategy.recover({ ...sent, headers: await headersFor(strategy, sent) }, { status: 401, body })
    if (!first) return false
    const again = { ...sent, headers: await headersFor(strategy, sent) }
    await strategy.recover(again, { status: 401, body, replayed: true })
    return true
  }
  expect(await call('/api/rating/v1/Shop')).toBe(true)
  expect(issued).toBe(2)
  for (let i = 0; i < 5; i++) expect(await call('/api/rating/v1/Shop')).toBe(false)
  expect(issued).toBe(2)
})

test('PostNord sends a token beside the key where client and token endpoint are given', async () => {
  const server = await loopback((_, response) => json(response, 200, { access_token: 't', expires_in: 3600 }))
  const all = { apiKey: 'key', ...client }
  const { headers, query } = await postnord(all, local(server, '/oauth20/token')).authorize(request(server, '/x'))
  expect([headers, query]).toEqual([{ authorization: 'Bearer t' }, { apikey: 'key' }])
  expect(() => postnord(all)).toThrow(/^tokenEndpoint: is required/)
  expect(() => postnord({ apiKey: 'key', clientId: 'id' })).toThrow(/^clientSecret: is missing/)
})

test.each([
  ['24 hours', {}, 24 * 60],
  ['30 minutes at SEUR', client, 30],
])('a token of DPD META lives for %s', async (_, seur, minutes) => {
  const server = await loopback((_, response) => {
    response.writeHead(200, { 'X-DPD-TOKEN': 'token' }).end()
  })
  const clock = manualClock()
  const credentials = { username: 'u', password: 'p', bucode: '013', ...seur }
  const strategy = dpdMeta(credentials, { ...local(server, '/shipping/v1/login'), clock })
  await strategy.authorize(request(server, '/shipping/v1/shipment'))
  expect(strategy.status().layers[0]?.expiresAt).toBe(clock.now() + minutes * 60_000)
  expect(server.requests[0]?.headers['x-dpd-clientsecret']).toBe('clientSecret' in seur ? 'secret' : undefined)
})

test('DPD UK trusts the host of its brand alone', () => {
  const account = { username: 'u', password: 'p', accountNumber: '1' }
  expect(dpdUk(account, { brand: 'interlink' }).origins).toEqual(['https://api.interlinkexpress.com'])
  expect(() => dpdUk(account, { origins: ['https://api.dpdlocal.co.uk'] })).toThrow(/another environment/)
  expect(() => dpdUk(account, { brand: 'dhl' as never })).toThrow(/^brand: must be one of dpd, dpdLocal, interlink/)
})

test('a header that the carrier demands yields to the caller’s own', async () => {
  const account = { partnerName: 'n', partnerToken: 't', cloudUserId: 'c', userToken: 'u' }
  const strategy = dpdDe(account, { origins: ['https://cloud.example'], language: 'en_EN' })
  const own = { url: 'https://cloud.example/', method: 'GET', headers: { version: '200' } }
  const { headers = {} } = await strategy.authorize(own)
  expect([headers.version, headers.language]).toEqual([undefined, 'en_EN'])
})

test('what no document names does not compile when it is left out', () => {
  // @ts-expect-error baseUrl is missing
  expect(() => machineToMachine(client)).toThrow(/^baseUrl: is required/)
  // @ts-expect-error so is audience
  expect(() => evri({ ...client, apiKey: 'key' }, {})).toThrow(/^audience: is missing/)
  const account = { partnerName: 'n', partnerToken: 't', cloudUserId: 'c', userToken: 'u' }
  // @ts-expect-error so are origins
  expect(() => dpdDe(account)).toThrow(/^origins: is required/)
  expect(() => evri({ ...client, apiKey: 'key' }, { environment: 'test', audience: 'a' })).toThrow(
    /^origins: is required/,
  )
})

test('`ca` reaches every route of a carrier', async () => {
  const { cert: ca } = await selfSigned()
  const { create, environments, standard } = carriers.find(({ id }) => id === 'dhl-parcel-de') ?? carriers[0]!
  const [origin] = environments[standard]?.origins ?? []
  const strategy = create({ username: 'u', password: 'p', ...client }, { ca })
  const { tls } = await strategy.authorize({
    url: `${origin}/parcel/de/tracking/v0/shipments`,
    method: 'GET',
    headers: {},
  })
  expect(tls).toMatchObject({ ca })
})
