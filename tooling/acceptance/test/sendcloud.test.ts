import { sendcloud } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { fault, type SendcloudCredentials, type SendcloudSimulatorOptions } from '@auth/sandbox'
import { describe, expect, test } from 'vitest'
import { bareServer } from './support/bare-server.ts'
import { documentedTokenEndpoint } from './support/documented-hosts.ts'
import { stage } from './support/stage.ts'
import { trusting } from './support/trusting.ts'

async function open(options: SendcloudSimulatorOptions = {}) {
  const staged = await stage('sendcloud', options)
  const { sendcloud: simulator } = staged.sandbox
  const clientWith = (other: Partial<SendcloudCredentials> = {}, own: { mode?: 'basic' | 'oauth2' } = {}) =>
    withAuth(
      fetch,
      sendcloud({ ...simulator.credentials, ...other }, { ...simulator.options, clock: staged.clock, ...own }),
    )
  return { ...staged, simulator, clientWith, fetch: clientWith(), url: `${simulator.baseUrl}/api/v2/parcels` }
}

const encode = (text: string): string => Buffer.from(text).toString('base64')

describe('Basic', () => {
  test('S1 S2 S9 S11: is the two keys joined and then encoded, in a header, on every request', async () => {
    const { fetch, url, apiCalls, simulator } = await open({ credentials: { publicKey: 'public', secretKey: 'a+b%' } })
    expect((await fetch(url, { headers: { accept: 'application/json' } })).status).toBe(200)
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(200)
    for (const { headers } of apiCalls()) expect(headers.authorization).toBe(`Basic ${encode('public:a+b%')}`)
    expect(simulator.control.counters.tokenRequests).toBe(0)
  })

  test('S4 S12 T6: refused because the integration uses OAuth2, is the 401 it is, and an event names the setting', async () => {
    const { simulator, clock, url } = await open({ useOAuth2: true })
    const told: string[] = []
    const strategy = sendcloud(simulator.credentials, {
      ...simulator.options,
      mode: 'basic',
      clock,
      onEvent: (event) => event.type === 'challenged' && told.push(event.reason),
    })
    const response = await withAuth(fetch, strategy)(url)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 401, request: 'api/v2/parcels' } })
    expect(told).toEqual([expect.stringContaining("'Use OAuth2 authentication'")])
    expect(simulator.control.counters).toMatchObject({ tokenRequests: 0, apiCalls: 1 })
  })

  test('S1: with a rotated key is sent once more with the new one', async () => {
    const { simulator, clock, url } = await open()
    const strategy = sendcloud(
      { publicKey: simulator.credentials.publicKey, secretKey: () => keys.shift() ?? simulator.credentials.secretKey },
      { ...simulator.options, clock },
    )
    const keys = [simulator.credentials.secretKey]
    simulator.control.rotate()
    expect((await withAuth(fetch, strategy)(url)).status).toBe(200)
    expect(simulator.control.counters).toMatchObject({ apiCalls: 2, apiRejections: 1 })
  })
})

describe('OAuth2', () => {
  test('S6 S14 S15: the token request has Basic, and grant and scope in the body', async () => {
    const { fetch, url, tokenRequests, simulator } = await open({ useOAuth2: true })
    const { publicKey, secretKey } = simulator.credentials
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    expect(request).toMatchObject({
      method: 'POST',
      url: '/oauth2/token',
      body: 'grant_type=client_credentials&scope=api',
    })
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${encode(`${publicKey}:${secretKey}`)}`,
    })
  })

  test('S7 S8 T2 T3: the token of type bearer is sent as Bearer, for its 3599 s', async () => {
    const { fetch, simulator, apiCalls, clock } = await open({ useOAuth2: true })
    const url = `${simulator.baseUrl}/api/v2/user`
    expect((await fetch(url)).status).toBe(200)
    clock.advance(3588_000)
    expect((await fetch(url)).status).toBe(200)
    const sent = apiCalls().map(({ headers }) => headers.authorization)
    expect(sent[0]).toMatch(/^Bearer ory_at_/)
    expect(sent[1]).toBe(sent[0])
  })

  test('S13 S5 T6: switched off for the integration, is an error that names the setting', async () => {
    for (const options of [{ useOAuth2: false }, { useOAuth2: true, beta: false }]) {
      const { clientWith, url } = await open(options)
      const error = await clientWith({}, { mode: 'oauth2' })(url).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', error: 'invalid_client' })
      expect((error as Error).message).toContain("'Use OAuth2 authentication'")
    }
  })

  test('S18: keys are form-encoded for the token endpoint, and raw for the API', async () => {
    const credentials = { publicKey: 'pub lic', secretKey: 'a+b%c/ö' }
    const oauth2 = await open({ credentials, formDecodeBasic: true, useOAuth2: true })
    expect((await oauth2.fetch(oauth2.url)).status).toBe(200)
    const basic = await open({ credentials, formDecodeBasic: true })
    expect((await basic.fetch(basic.url)).status).toBe(200)
  })

  test('S19 G5: further members of the token response change nothing', async () => {
    const { fetch, url, simulator } = await open({ useOAuth2: true })
    simulator.control.faults.tokenEndpoint(fault.members({ id_token: 'x', refresh_token: 'y', scope: 'api extra' }))
    expect((await fetch(url)).status).toBe(200)
  })
})

describe('hosts', () => {
  const credentials = { publicKey: 'public', secretKey: 'secret' }

  test('S3 S16: service points are trusted too; switched off, their 403 is handed over', async () => {
    for (const useOAuth2 of [false, true]) {
      const { fetch, simulator } = await open({ useOAuth2 })
      const url = `${simulator.servicePointsUrl}/api/v2/service-points`
      expect((await fetch(url)).status).toBe(200)
      simulator.control.setIntegration({ servicePoints: false })
      expect((await fetch(url)).status).toBe(403)
      expect(simulator.control.counters).toMatchObject({ tokenRequests: useOAuth2 ? 1 : 0, apiCalls: 2 })
    }
  })

  test('S2 S16 S20: are those of the documents, the service points host in both spellings', async () => {
    for (const mode of ['basic', 'oauth2'] as const) {
      expect(sendcloud(credentials, { mode }).origins).toEqual([
        'https://panel.sendcloud.sc',
        'https://servicepoints.sendcloud.sc',
        'https://servicepoint.sendcloud.sc',
      ])
    }
    const asked = await documentedTokenEndpoint((fetch) => sendcloud(credentials, { mode: 'oauth2', fetch }))
    expect(asked).toBe('https://account.sendcloud.com/oauth2/token')
    expect(() => sendcloud(credentials, { mode: 'token' as 'basic' })).toThrow(/^mode.*basic, oauth2/)
  })

  test('S2 S17: redirects are followed, without the credentials to another origin', async () => {
    for (const useOAuth2 of [false, true]) {
      const { fetch, simulator, apiCalls } = await open({ useOAuth2 })
      const elsewhere = await bareServer()
      const redirect = `${simulator.baseUrl}/redirect`
      expect((await fetch(redirect)).status).toBe(200)
      expect(apiCalls().map(({ url, headers }) => [url, headers.authorization !== undefined])).toEqual([
        ['/redirect', true],
        ['/echo', true],
      ])
      expect((await fetch(`${redirect}?to=${encodeURIComponent(elsewhere.url)}`)).status).toBe(200)
      expect(elsewhere.received).toHaveLength(1)
      expect(elsewhere.received[0]).not.toHaveProperty('authorization')
    }
  })

  test('S17: not even to another origin that is trusted', async () => {
    const { simulator, clock, sandbox, apiCalls } = await open()
    const strategy = sendcloud(simulator.credentials, { ...simulator.options, clock })
    const client = withAuth(trusting(sandbox.authority.certificate), strategy)
    const to = `${simulator.servicePointsUrl}/api/v2/service-points`
    const response = await client(`${simulator.baseUrl}/redirect?to=${encodeURIComponent(to)}`)
    expect(response.status).toBe(401)
    expect(apiCalls().at(-1)?.headers).not.toHaveProperty('authorization')
    expect((await client(to)).status).toBe(200)
  })
})
