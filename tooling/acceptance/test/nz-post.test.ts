import { nzPost } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { fault, type NzPostCredentials, type NzPostSimulatorOptions } from '@auth/sandbox'
import { describe, expect, test } from 'vitest'
import { HOUR } from './support/clock.ts'
import { documentedTokenEndpoint } from './support/documented-hosts.ts'
import { stage } from './support/stage.ts'

async function open(options: NzPostSimulatorOptions = {}) {
  const staged = await stage('nzPost', options)
  const { nzPost: simulator } = staged.sandbox
  const clientWith = (other: Partial<NzPostCredentials> = {}, own: { clientIdHeader?: boolean } = {}) =>
    withAuth(
      fetch,
      nzPost({ ...simulator.credentials, ...other }, { ...simulator.options, clock: staged.clock, ...own }),
    )
  return { ...staged, simulator, clientWith, fetch: clientWith(), url: `${simulator.baseUrl}/parceltrack/3.0/parcels` }
}

describe('token request', () => {
  test('N3 N4 N10 N12 N13 N14 N17 T1: has the three fields in the body, encoded, and no other credential', async () => {
    const credentials = { clientId: 'my client', clientSecret: 'a+b&c=%20 d' }
    const { fetch, url, tokenRequests } = await open({ credentials })
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    expect(request).toMatchObject({ method: 'POST', url: '/as/token.oauth2' })
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(request?.headers).not.toHaveProperty('client_id')
    expect([...new URLSearchParams(request?.body)]).toEqual([
      ['grant_type', 'client_credentials'],
      ['client_id', 'my client'],
      ['client_secret', 'a+b&c=%20 d'],
    ])
  })

  test('N13: a space or a line break at the end of the client id fails in the factory', () => {
    for (const clientId of ['client ', 'client\n', ' client']) {
      expect(() => nzPost({ clientId, clientSecret: 'x' })).toThrow(/^clientId/)
    }
  })

  test('N16: rejected credentials are told as such, be it with 401 or 400, and not tried again', async () => {
    for (const rejectedStatus of [401, 400] as const) {
      const { clientWith, url, simulator } = await open({ rejectedStatus })
      const wrong = clientWith({ clientSecret: 'wrong' })
      for (let i = 0; i < 3; i++) {
        await expect(wrong(url)).rejects.toMatchObject({
          code: 'ERR_AUTH_CREDENTIALS_REJECTED',
          status: rejectedStatus,
          error: 'invalid_client',
        })
      }
      expect(simulator.control.counters.tokenRequests).toBe(1)
    }
  })
})

describe('token', () => {
  test('N1 N5 N9 N11: is sent with every call', async () => {
    const { fetch, url, simulator, apiCalls } = await open()
    expect((await fetch(url)).status).toBe(200)
    expect((await fetch(`${simulator.baseUrl}/labels/domestic`, { method: 'POST', body: '{}' })).status).toBe(201)
    for (const { headers } of apiCalls()) expect(headers.authorization).toMatch(/^Bearer [0-9a-f]+$/)
    expect(simulator.control.counters.tokenRequests).toBe(1)
  })

  test('N6: without a type is a Bearer token, of another type is none', async () => {
    const { clientWith, url, simulator } = await open()
    simulator.control.faults.tokenEndpoint(fault.members({ token_type: undefined }))
    expect((await clientWith()(url)).status).toBe(200)
    simulator.control.faults.tokenEndpoint(fault.members({ token_type: 'mac' }))
    await expect(clientWith()(url)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID' })
  })

  test('N7 N8 N15 T3: is used for its 86399 s, less the margin of 10 s, and then replaced unasked', async () => {
    for (const [age, tokens] of [
      [24 * HOUR - 12_000, 1],
      [24 * HOUR - 11_000, 2],
    ] as const) {
      const { fetch, url, clock, simulator, apiCalls } = await open()
      await fetch(url)
      clock.advance(age)
      expect((await fetch(url)).status).toBe(200)
      expect(new Set(apiCalls().map(({ headers }) => headers.authorization)).size).toBe(tokens)
      expect(simulator.control.counters.apiRejections).toBe(0)
    }
  })

  test('N16: that the API refuses is replaced once', async () => {
    const { fetch, url, simulator } = await open()
    await fetch(url)
    simulator.control.revoke()
    expect((await fetch(url)).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
  })
})

describe('client_id header', () => {
  test('N20: goes along with API calls, and can be switched off', async () => {
    const { clientWith, url, apiCalls, simulator } = await open({ clientIdHeader: true })
    expect((await clientWith()(url)).status).toBe(200)
    expect((await clientWith({}, { clientIdHeader: false })(url)).status).toBe(401)
    expect(apiCalls()[0]?.headers.client_id).toBe(simulator.credentials.clientId)
    expect(apiCalls().at(-1)?.headers).not.toHaveProperty('client_id')
  })
})

describe('environments', () => {
  const credentials = { clientId: 'client', clientSecret: 'secret' }

  test.each([
    ['uat', 'https://api.uat.nzpost.co.nz'],
    ['production', 'https://api.nzpost.co.nz'],
  ] as const)('N2 N19: %s is %s, with the one token endpoint', async (environment, origin) => {
    expect(nzPost(credentials, { environment }).origins).toEqual([origin])
    const asked = await documentedTokenEndpoint((fetch) => nzPost(credentials, { environment, fetch }))
    expect(asked).toBe('https://oauth.nzpost.co.nz/as/token.oauth2')
  })

  test('N2 N19 G1: neither plain HTTP nor the other environment is to be had', () => {
    expect(() => nzPost(credentials, { origins: ['http://api.nzpost.co.nz'] })).toThrow(/^origins.*https/)
    expect(() => nzPost(credentials, { tokenEndpoint: 'http://oauth.nzpost.co.nz/as/token.oauth2' })).toThrow(
      /^tokenEndpoint.*https/,
    )
    const mixed = { environment: 'uat', origins: ['https://api.nzpost.co.nz'] } as const
    expect(() => nzPost(credentials, mixed)).toThrow(/another environment/)
  })
})
