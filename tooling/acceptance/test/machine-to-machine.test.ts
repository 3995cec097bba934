import { machineToMachine } from '@auth/core'
import { withAuth } from '@auth/fetch'
import type { MachineToMachineCredentials, MachineToMachineSimulatorOptions } from '@auth/sandbox'
import { describe, expect, test } from 'vitest'
import { HOUR } from './support/clock.ts'
import { documentedTokenEndpoint } from './support/documented-hosts.ts'
import { stage } from './support/stage.ts'

async function open(options: MachineToMachineSimulatorOptions = {}) {
  const staged = await stage('machineToMachine', options)
  const { machineToMachine: simulator } = staged.sandbox
  const clientWith = (other: Partial<MachineToMachineCredentials> = {}) =>
    withAuth(
      fetch,
      machineToMachine({ ...simulator.credentials, ...other }, { ...simulator.options, clock: staged.clock }),
    )
  return { ...staged, simulator, clientWith, fetch: clientWith(), url: `${simulator.baseUrl}/v1/shipments` }
}

describe('token request', () => {
  test('J2 J4 J5 J6 J14 J16 J17: has both headers and one parameter', async () => {
    const { fetch, url, tokenRequests, simulator } = await open()
    const { clientId, clientSecret } = simulator.credentials
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    expect(request).toMatchObject({
      method: 'POST',
      url: '/oauth/v2/token',
      body: 'grant_type=client_credentials',
    })
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    })
  })

  test.each(['my own id', 'Jürgen', 'me@example.com', 'a+b', '100%', '東京'])(
    'J3: takes the client id %s',
    async (id) => {
      const { fetch, url } = await open({ credentials: { clientId: id, clientSecret: 'a:b+c%' } })
      expect((await fetch(url)).status).toBe(200)
    },
  )

  test('J3: a colon in the client id fails in the factory', () => {
    const create = () =>
      machineToMachine({ clientId: 'a:b', clientSecret: 'x' }, { baseUrl: 'https://api.example.com' })
    expect(create).toThrow(/^clientId.*colon/)
  })

  test('J8: a 401 is rejected credentials, which are not tried again', async () => {
    const { clientWith, url, simulator } = await open()
    const wrong = clientWith({ clientSecret: 'wrong' })
    for (let i = 0; i < 3; i++) {
      await expect(wrong(url)).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', status: 401 })
    }
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 0 })
  })
})

describe('token', () => {
  test.each(['RS256', 'HS256', 'opaque'] as const)(
    'J1 J7 J12 J13: is passed on as it is, be it %s',
    async (tokenFormat) => {
      const { fetch, url, simulator, apiCalls } = await open({ tokenFormat })
      expect((await fetch(url)).status).toBe(200)
      expect((await fetch(url)).status).toBe(200)
      const token = String(apiCalls()[0]?.headers.authorization).replace('Bearer ', '')
      expect(token.split('.')).toHaveLength(tokenFormat === 'opaque' ? 1 : 3)
      expect(token.endsWith('=')).toBe(tokenFormat === 'opaque')
      expect(simulator.control.counters.tokenRequests).toBe(1)
    },
  )

  test('J7 J12 T3: lives for the 3600 s of the response, whatever it says itself', async () => {
    for (const [age, tokens] of [
      [HOUR - 11_000, 1],
      [HOUR - 10_000, 2],
    ] as const) {
      const { fetch, url, clock, apiCalls } = await open()
      await fetch(url)
      clock.advance(age)
      expect((await fetch(url)).status).toBe(200)
      expect(new Set(apiCalls().map(({ headers }) => headers.authorization)).size).toBe(tokens)
    }
  })
})

describe('API call', () => {
  test('J9: any 2xx is success', async () => {
    const { fetch, url, simulator } = await open()
    expect((await fetch(url)).status).toBe(200)
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(201)
    expect((await fetch(`${url}/S-1`, { method: 'DELETE' })).status).toBe(204)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 3 })
  })

  test('J10: a 401 is answered with one new token and one replay', async () => {
    const { fetch, url, simulator } = await open()
    await fetch(url)
    simulator.control.revoke()
    expect((await fetch(url)).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
    simulator.control.faults.api({ status: 401 })
    expect((await fetch(url)).status).toBe(401)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 3, apiCalls: 5 })
  })

  test('J10: a 403 is handed over, and costs neither token nor replay', async () => {
    const { fetch, simulator } = await open()
    for (let i = 0; i < 3; i++) expect((await fetch(`${simulator.baseUrl}/v1/admin/users`)).status).toBe(403)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 3 })
  })

  test('J18: so is a 403 that means an expired token', async () => {
    const { fetch, url, clock, simulator } = await open({ expiredStatus: 403, expiresIn: 60 })
    // The carrier’s word for the lifetime is wrong: the token ends before.
    simulator.control.faults.tokenEndpoint((genuine) => ({
      ...genuine,
      body: (genuine.body ?? '').replace('"expires_in":60', '"expires_in":3600'),
    }))
    await fetch(url)
    clock.advance(60_000)
    expect((await fetch(url)).status).toBe(403)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 2 })
  })
})

describe('host', () => {
  const credentials = { clientId: 'client', clientSecret: 'secret' }

  test('J15: there is none without `baseUrl`', () => {
    expect(() => machineToMachine(credentials, {} as never)).toThrow(/^baseUrl/)
    expect(() => machineToMachine(credentials, { baseUrl: 'http://api.example.com' })).toThrow(/^baseUrl.*https/)
    expect(() => machineToMachine(credentials, { baseUrl: '/api' })).toThrow(/^baseUrl/)
  })

  test.each([
    ['https://api.example.com', 'https://api.example.com/oauth/v2/token'],
    ['https://api.example.com/', 'https://api.example.com/oauth/v2/token'],
    ['https://example.com/tenant', 'https://example.com/tenant/oauth/v2/token'],
  ])('J6 J15: %s asks %s', async (baseUrl, tokenEndpoint) => {
    expect(machineToMachine(credentials, { baseUrl }).origins).toEqual([new URL(baseUrl).origin])
    expect(await documentedTokenEndpoint((fetch) => machineToMachine(credentials, { baseUrl, fetch }))).toBe(
      tokenEndpoint,
    )
  })
})
