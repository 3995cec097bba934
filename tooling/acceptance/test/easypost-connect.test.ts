import { inspect } from 'node:util'
import { ConfigurationError, easypostConnect } from '@auth/core'
import { withAuth } from '@auth/fetch'
import type { EasypostConnectCredentials, EasypostConnectSimulatorOptions } from '@auth/sandbox'
import { createCertificateAuthority, expired, notYetValid, selfSignedIdentity } from '@auth/sandbox/pki'
import { describe, expect, test } from 'vitest'
import { HOUR } from './support/clock.ts'
import { documentedTokenEndpoint } from './support/documented-hosts.ts'
import { stage } from './support/stage.ts'
import { trusting } from './support/trusting.ts'

async function open(options: EasypostConnectSimulatorOptions = {}) {
  const staged = await stage('easypostConnect', { keyType: 'ec', ...options })
  const { easypostConnect: simulator } = staged.sandbox
  const strategyWith = (other: Partial<EasypostConnectCredentials> = {}) =>
    easypostConnect({ ...simulator.credentials, ...other }, { ...simulator.options, clock: staged.clock })
  const clientWith = (other?: Partial<EasypostConnectCredentials>) => withAuth(fetch, strategyWith(other))
  return {
    ...staged,
    simulator,
    strategyWith,
    clientWith,
    fetch: clientWith(),
    url: `${simulator.baseUrl}/jobs`,
  }
}

async function credentials(): Promise<EasypostConnectCredentials> {
  return {
    clientId: 'client',
    clientSecret: 'the client secret',
    apiKey: 'the-api-key',
    tls: await selfSignedIdentity(),
  }
}

describe('API request', () => {
  test('E1 E2 E3 E8 E9 E14 E15: carries certificate, key and token', async () => {
    const { fetch, url, apiCalls, simulator } = await open()
    expect((await fetch(url)).status).toBe(200)
    expect(await (await fetch(url, { method: 'POST', body: '{}' })).json()).toEqual({ jobId: 'J-1' })
    for (const call of apiCalls()) {
      expect(call.clientCertificate).toBe('client.example.com')
      expect(call.headers['x-api-key']).toBe(simulator.credentials.apiKey)
      expect(call.headers.authorization).toMatch(/^Bearer eyJraWQiOiJ/)
    }
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 2 })
  })

  test('E4 E5 E6: works with a 2048-bit RSA key and the certificate that the portal signed', async () => {
    const { fetch, url } = await open({ keyType: 'rsa' })
    expect((await fetch(url)).status).toBe(200)
  })

  test('T4 E14: takes nothing along to a presigned upload URL or another origin', async () => {
    const { fetch, simulator, sandbox, strategyWith } = await open()
    const job = (await (await fetch(`${simulator.baseUrl}/jobs/single-file`, { method: 'POST' })).json()) as {
      fileUploadUrl: string
    }
    const request = { url: job.fileUploadUrl, method: 'PUT', headers: {} }
    expect(await strategyWith().authorize(request)).toEqual({})
    // Nobody attaches trust anchors to a foreign origin either, so this goes through a client that has them itself.
    const upload = withAuth(trusting(sandbox.authority.certificate), strategyWith())
    expect((await upload(job.fileUploadUrl, { method: 'PUT', body: 'PDF' })).status).toBe(200)
  })
})

describe('token request', () => {
  test('E11 E12 E18 E23 T4: has the credentials in the body; no scope, other credential or certificate', async () => {
    const { fetch, url, tokenRequests, simulator } = await open({
      credentials: { clientId: 'my client', clientSecret: 'a+b&c=%20 d' },
      // Asked for a certificate, a client that has one to give away would.
      tokenEndpointCertificate: 'requested',
    })
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    expect(request).toMatchObject({ method: 'POST', url: '/oauth2/token', clientCertificate: undefined })
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(request?.headers).not.toHaveProperty('x-api-key')
    expect([...new URLSearchParams(request?.body)]).toEqual([
      ['grant_type', 'client_credentials'],
      ['client_id', 'my client'],
      ['client_secret', 'a+b&c=%20 d'],
    ])
    expect(simulator.control.counters.tokenFailures).toBe(0)
  })

  test('E13 T3: the token is used for its 3600 s, less the margin of 10 s, and then replaced', async () => {
    const [first, second] = [await open(), await open()]
    for (const [{ fetch, url, clock, simulator }, age] of [
      [first, HOUR - 11_000],
      [second, HOUR],
    ] as const) {
      await fetch(url)
      clock.advance(age)
      expect((await fetch(url)).status).toBe(200)
      expect(simulator.control.counters.apiRejections).toBe(0)
    }
    const [kept, replaced] = first.apiCalls().map(({ headers }) => headers.authorization)
    expect(kept).toBe(replaced)
    expect(new Set(second.apiCalls().map(({ headers }) => headers.authorization)).size).toBe(2)
  })

  test('E19: both 400 and 401 are rejected credentials, which are not tried again', async () => {
    for (const status of [400, 401] as const) {
      const { clientWith, url, simulator } = await open({ statuses: { client: status } })
      const wrong = clientWith({ clientSecret: 'wrong' })
      for (let i = 0; i < 3; i++) {
        const error = await wrong(url).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', status, error: 'invalid_client' })
      }
      expect(simulator.control.counters.tokenRequests).toBe(1)
    }
  })
})

describe('a layer that is missing', () => {
  test.each(['clientId', 'clientSecret', 'apiKey'] as const)('E16: %s fails in the factory, named', async (name) => {
    const complete = await credentials()
    const options = { environment: 'PRO' } as const
    const { [name]: _absent, ...rest } = complete
    for (const bad of [rest as EasypostConnectCredentials, { ...complete, [name]: '' }]) {
      expect(() => easypostConnect(bad, options)).toThrow(ConfigurationError)
      expect(() => easypostConnect(bad, options)).toThrow(new RegExp(`^${name}`))
    }
  })

  test.each(['cert', 'key'] as const)('E16: tls.%s fails in the factory, named', async (part) => {
    const complete = await credentials()
    const { [part]: _absent, ...rest } = complete.tls
    const create = (): unknown => easypostConnect({ ...complete, tls: rest }, { environment: 'PRO' })
    expect(create).toThrow(ConfigurationError)
    expect(create).toThrow(new RegExp(`^tls\\.${part}`))
  })

  test('E16: tls as a whole fails in the factory, named', async () => {
    const { tls: _absent, ...rest } = await credentials()
    expect(() => easypostConnect(rest as EasypostConnectCredentials, { environment: 'PRO' })).toThrow(/^tls/)
  })
})

describe('a layer that is wrong', () => {
  test('E16: a key that is not the certificate’s, an expired and an early certificate fail in the factory', async () => {
    const complete = await credentials()
    const other = await selfSignedIdentity()
    for (const tls of [
      { cert: complete.tls.cert, key: other.key },
      await selfSignedIdentity(expired()),
      await selfSignedIdentity(notYetValid()),
    ]) {
      expect(() => easypostConnect({ ...complete, tls }, { environment: 'PRO' })).toThrow(/^tls\.(key|cert)/)
    }
  })

  test('E3 E16: a self-signed certificate or one of another authority fails in the handshake', async () => {
    const { clientWith, url, simulator } = await open()
    const other = await createCertificateAuthority()
    for (const tls of [await selfSignedIdentity(), await other.issueClient()]) {
      await expect(clientWith({ tls })(url)).rejects.toThrow()
    }
    expect(simulator.control.counters.apiCalls).toBe(0)
  })

  test('E16 E22: a wrong key, or one of another account, is the carrier’s 403, without another token', async () => {
    const { clientWith, url, simulator } = await open()
    const other = await simulator.control.createAccount()
    for (const apiKey of ['wrong', other.apiKey]) {
      const response = await clientWith({ apiKey })(url)
      expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}'])
    }
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 2 })
  })

  test('E16 E22: a certificate of another account is the carrier’s 403', async () => {
    const { clientWith, url, simulator } = await open()
    const { tls } = await simulator.control.createAccount()
    expect((await clientWith({ tls })(url)).status).toBe(403)
  })

  test('E16: credentials of another environment are refused', async () => {
    const { clientWith, url } = await open()
    const { simulator: elsewhere } = await open()
    const { clientId, clientSecret, apiKey, tls } = elsewhere.credentials
    await expect(clientWith({ clientId, clientSecret })(url)).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
    })
    expect((await clientWith({ apiKey })(url)).status).toBe(403)
    await expect(clientWith({ tls })(url)).rejects.toThrow()
  })

  test('E16 E20: a token that the API no longer takes is replaced once', async () => {
    const { fetch, url, simulator } = await open()
    await fetch(url)
    simulator.control.revoke()
    expect((await fetch(url)).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
  })
})

describe('secrets', () => {
  test('E7 E17: come out of a vault, all of them, and are read again after a rotation', async () => {
    const { simulator, clock, url } = await open()
    let reads = 0
    const vault = async <Name extends keyof EasypostConnectCredentials>(name: Name) => {
      reads += 1
      return simulator.credentials[name]
    }
    const strategy = easypostConnect(
      {
        clientId: () => vault('clientId'),
        clientSecret: () => vault('clientSecret'),
        apiKey: () => vault('apiKey'),
        tls: () => vault('tls'),
      },
      { ...simulator.options, clock },
    )
    const client = withAuth(fetch, strategy)
    expect(reads).toBe(0)
    expect((await client(url)).status).toBe(200)
    simulator.control.rotate()
    simulator.control.revoke()
    expect((await client(url)).status).toBe(200)
  })

  test('E17: show up in no error, event, status or inspection', async () => {
    const { simulator, clock, url } = await open({ statuses: { token: 401 } })
    const { credentials: own } = simulator
    const told: unknown[] = []
    const strategy = easypostConnect(own, { ...simulator.options, clock, onEvent: (event) => told.push(event) })
    const client = withAuth(fetch, strategy)
    told.push(await client(url))
    simulator.control.revoke()
    told.push(await client(url))
    simulator.control.rotate()
    await strategy.reset()
    told.push(await client(url).catch((error: unknown) => error))
    told.push(strategy, strategy.status())
    const text = told.map((value) => `${inspect(value, { depth: 10, showHidden: false })}${safeJson(value)}`).join('\n')
    expect(told.length).toBeGreaterThan(6)
    const keyBody = own.tls.key.split('\n')[1] as string
    for (const secret of [own.clientSecret, own.apiKey, keyBody, 'eyJraWQiOiJ']) expect(text).not.toContain(secret)
  })
})

describe('environments', () => {
  test.each([
    ['ACC', 'https://auth.acc.eservices.easypost.eu/oauth2/token'],
    ['PRO', 'https://auth.eservices.easypost.eu/oauth2/token'],
  ] as const)('E10 E11: %s asks %s', async (environment, tokenEndpoint) => {
    const complete = await credentials()
    const origins = ['https://api.example.com']
    const asked = await documentedTokenEndpoint((fetch) => easypostConnect(complete, { environment, origins, fetch }))
    expect(asked).toBe(tokenEndpoint)
  })

  test('E10 E14 E21 E24: PRO has an API host, ACC wants `origins`, there is no third', async () => {
    const complete = await credentials()
    expect(easypostConnect(complete, { environment: 'PRO' }).origins).toEqual(['https://api.eservices.easypost.eu'])
    expect(() => easypostConnect(complete, { environment: 'ACC' })).toThrow(/^origins/)
    expect(() => easypostConnect(complete, { environment: 'PROD' as 'PRO' })).toThrow(/^environment.*ACC, PRO/)
    const mixed = { environment: 'ACC', origins: ['https://api.eservices.easypost.eu'] } as const
    expect(() => easypostConnect(complete, mixed)).toThrow(/another environment/)
  })
})

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
