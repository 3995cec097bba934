import { ConfigurationError, CredentialsRejectedError, posti } from '@auth/core'
import { withAuth } from '@auth/fetch'
import type { PostiSimulatorOptions } from '@auth/sandbox'
import { describe, expect, test } from 'vitest'
import { HOUR } from './support/clock.ts'
import { documentedTokenEndpoint } from './support/documented-hosts.ts'
import { stage } from './support/stage.ts'

async function open(options: PostiSimulatorOptions = {}) {
  const staged = await stage('posti', options)
  const { posti: simulator } = staged.sandbox
  const withPassword = (password: string | (() => string)) => {
    const credentials = { ...simulator.credentials, password }
    return withAuth(fetch, posti(credentials, { ...simulator.options, clock: staged.clock }))
  }
  return {
    ...staged,
    simulator,
    withPassword,
    fetch: withPassword(simulator.credentials.password),
    url: `${simulator.baseUrl}/estimation/v1/estimates`,
  }
}

const rejection = (error: unknown): CredentialsRejectedError => {
  const found = error instanceof CredentialsRejectedError ? error : (error as Error).cause
  expect(found).toBeInstanceOf(CredentialsRejectedError)
  return found as CredentialsRejectedError
}

describe('token request', () => {
  test('P1 P2 P3 P4 P5 P7 P15 P25: is a POST with Basic and the grant in the URL, and nothing else', async () => {
    const { fetch, url, tokenRequests } = await open({
      credentials: { username: 'accountname', password: 'secret' },
      grantPlacement: 'query',
      requireAccept: true,
    })
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    expect(request).toMatchObject({ method: 'POST', url: '/oauth/token?grant_type=client_credentials', body: '' })
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Basic YWNjb3VudG5hbWU6c2VjcmV0',
    })
    expect(request?.headers).not.toHaveProperty('content-type')
  })

  test('P26: is UTF-8, and the password may have colons', async () => {
    const { fetch, url } = await open({ credentials: { username: 'häkkinen', password: 'a:b:ö' } })
    expect((await fetch(url)).status).toBe(200)
  })

  test('P26: a colon in the user name is an error of the configuration', () => {
    const create = () => posti({ username: 'a:b', password: 'x' }, { environment: 'Prod' })
    expect(create).toThrow(ConfigurationError)
    expect(create).toThrow(/username/)
  })
})

describe('token', () => {
  test('P8 P9 T2: of type bearer is sent as Bearer', async () => {
    const { fetch, url, apiCalls } = await open()
    expect((await fetch(url)).status).toBe(200)
    expect(apiCalls()[0]?.headers.authorization).toMatch(/^Bearer [0-9a-f]+$/)
  })

  test('P10 P18 T3: is used for its 3599 s, less the margin of 10 s, and then replaced', async () => {
    const { fetch, url, clock, simulator } = await open()
    const { counters } = simulator.control
    await fetch(url)
    clock.advance(3598_000 - 10_000)
    await fetch(url)
    clock.advance(1000)
    expect((await fetch(url)).status).toBe(200)
    // One for the first call, one ahead of the end, which served the third.
    expect(counters).toMatchObject({ tokenRequests: 2, apiRejections: 0 })
  })

  test('P11 G7: is one for every service and host', async () => {
    const { fetch, simulator } = await open()
    for (const origin of simulator.options.origins) {
      expect((await fetch(`${origin}/estimation/v1/estimates`)).status).toBe(200)
      expect((await fetch(`${origin}/shipments/v1/shipments`, { method: 'POST' })).status).toBe(201)
    }
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 4 })
  })

  test('P24: that the API refuses is replaced once', async () => {
    const { fetch, url, simulator } = await open()
    await fetch(url)
    simulator.control.revoke()
    expect((await fetch(url)).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
  })

  test('P21: is used on while the account is locked', async () => {
    const { fetch, url, simulator } = await open()
    await fetch(url)
    simulator.control.lock()
    expect((await fetch(url)).status).toBe(200)
  })
})

describe('rejected credentials', () => {
  test.each(['spring', 'rfc6749'] as const)('P12 P14 P23: are told as such (%s)', async (errorBody) => {
    const { withPassword, url } = await open({ errorBody })
    const error = rejection(await withPassword('wrong password')(url).catch((thrown: unknown) => thrown))
    expect(error).toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', status: 401 })
    expect(error.message).toMatch(/lock/)
    expect(error.message).not.toContain('wrong password')
  })

  test('P13 P22: are tried once an hour, so that they never lock the account', async () => {
    const { withPassword, url, clock, simulator } = await open()
    const { counters } = simulator.control
    const wrong = withPassword('wrong')
    for (let i = 0; i < 6; i++) await expect(wrong(url)).rejects.toThrow()
    expect(counters.tokenFailures).toBe(1)
    const error = rejection(await wrong(url).catch((thrown: unknown) => thrown))
    expect(error.retryAt).toBe(clock.now() + HOUR)
    clock.advance(HOUR - 1)
    await expect(wrong(url)).rejects.toThrow()
    expect(counters.tokenFailures).toBe(1)
    clock.advance(1)
    await expect(wrong(url)).rejects.toThrow()
    expect(counters.tokenFailures).toBe(2)
  })

  test('P13 P20: of a locked account work again after the hour', async () => {
    const { fetch, url, clock, simulator } = await open({ lockout: { extends: true } })
    simulator.control.lock()
    await expect(fetch(url)).rejects.toThrow()
    clock.advance(HOUR / 2)
    await expect(fetch(url)).rejects.toThrow()
    clock.advance(HOUR / 2)
    expect((await fetch(url)).status).toBe(200)
    expect(simulator.control.counters.tokenRequests).toBe(2)
  })

  test('P13: with another password are tried at once', async () => {
    let password = 'wrong'
    const { withPassword, url, simulator } = await open()
    const client = withPassword(() => password)
    await expect(client(url)).rejects.toThrow()
    password = simulator.credentials.password
    expect((await client(url)).status).toBe(200)
  })

  test('T5: of 20 concurrent callers are one invalid login', async () => {
    const { withPassword, url, simulator } = await open()
    const wrong = withPassword('wrong')
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => wrong(url)))
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, tokenFailures: 1, apiCalls: 0 })
  })
})

describe('environments', () => {
  const credentials = { username: 'accountname', password: 'secret' }

  test.each([
    ['QA', 'https://oauth2.barium.posti.com'],
    ['UAT', 'https://oauth2.barium.posti.com'],
    ['Prod', 'https://oauth2.posti.com'],
  ] as const)('P3 P16: %s asks %s/oauth/token', async (environment, host) => {
    const asked = await documentedTokenEndpoint((fetch) =>
      posti(credentials, { environment, origins: ['https://api.example.com'], fetch }),
    )
    expect(asked).toBe(`${host}/oauth/token?grant_type=client_credentials`)
  })

  test('P16: only Prod has an API host, others want `origins`', () => {
    expect(posti(credentials, { environment: 'Prod' }).origins).toEqual(['https://api.posti.fi'])
    for (const environment of ['QA', 'UAT'] as const) {
      expect(() => posti(credentials, { environment })).toThrow(/origins/)
    }
    expect(() => posti(credentials, { environment: 'PROD' as 'Prod' })).toThrow(/environment.*QA, UAT, Prod/)
  })

  test('P17: one environment never trusts the host of another', () => {
    for (const environment of ['QA', 'UAT'] as const) {
      expect(() => posti(credentials, { environment, origins: ['https://api.posti.fi'] })).toThrow(
        /another environment/,
      )
    }
  })
})
