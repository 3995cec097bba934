import { afterEach, describe, expect, test } from 'vitest'
import { type Sandbox, type SendcloudCredentials, type SendcloudSimulatorOptions, startSandbox } from '../src/index.ts'
import { manualClock } from './support/clock.ts'
import { basicAuth, FORM, form, type RequestOptions, request } from './support/request.ts'

let sandbox: Sandbox<'sendcloud'>
const clock = manualClock()
afterEach(() => sandbox.close())

async function start(sendcloud: SendcloudSimulatorOptions = {}): Promise<void> {
  sandbox = await startSandbox({ carriers: ['sendcloud'], clock, sendcloud })
}

const basic = ({ publicKey, secretKey }: SendcloudCredentials = sandbox.sendcloud.credentials): string =>
  basicAuth(publicKey, secretKey)

/** The document's request: Basic, and grant and scope in the body. */
function token(parameters: Record<string, string> = { scope: 'api' }, options: RequestOptions = {}) {
  return request(sandbox.sendcloud.options.tokenEndpoint, {
    method: 'POST',
    ca: sandbox.authority.certificate,
    headers: { ...FORM, authorization: basic() },
    body: form({ grant_type: 'client_credentials', ...parameters }),
    ...options,
  })
}

const accessToken = async (parameters?: Record<string, string>): Promise<string> =>
  `Bearer ${(await token(parameters)).json.access_token}`

function call(authorization: string | undefined, path = '/api/v2/parcels', origin = sandbox.sendcloud.baseUrl) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  return request(origin + path, { ca: sandbox.authority.certificate, headers })
}

const servicePoints = (authorization: string) =>
  call(authorization, '/api/v2/service-points', sandbox.sendcloud.servicePointsUrl)

describe('Basic', () => {
  test('S1 S2: public key and secret key are user name and password', async () => {
    await start()
    expect((await call(basic())).status).toBe(200)
    expect((await call(basic(), '/api/v2/user')).status).toBe(200)
  })

  test('S11: the keys encoded one by one and joined by a colon are refused', async () => {
    await start()
    const { publicKey, secretKey } = sandbox.sendcloud.credentials
    const encode = (text: string): string => Buffer.from(text).toString('base64')
    const literal = `${encode(publicKey)}:${encode(secretKey)}`
    expect((await call(`Basic ${literal}`)).status).toBe(401)
    expect((await call(`Basic ${encode(literal)}`)).status).toBe(401)
  })

  test('S12 S20: a rejection has the envelope of version 2', async () => {
    await start()
    for (const authorization of [undefined, basicAuth(sandbox.sendcloud.credentials.publicKey, 'wrong')]) {
      const reply = await call(authorization)
      expect(reply.status).toBe(401)
      expect(reply.text).toMatch(/^\{"error":\{"code":401,"request":"api\/v2\/parcels","message":"[^"]+"\}\}$/)
    }
  })
})

describe('the "Use OAuth2 authentication" setting', () => {
  test('S4 S12 S14: on, the API refuses right keys, and the token endpoint takes them', async () => {
    await start({ useOAuth2: true })
    const reply = await call(basic())
    expect(reply.status).toBe(401)
    expect(reply.text).toContain('Use OAuth2 authentication')
    expect((await call(await accessToken())).status).toBe(200)
    await sandbox.close()
    await start({ useOAuth2: true, enforcedStatus: 403 })
    expect((await call(basic())).status).toBe(403)
  })

  test('S13: off, tokens are not issued, unless told to be permissive', async () => {
    await start()
    const reply = await token()
    expect([reply.status, reply.json.error]).toEqual([401, 'invalid_client'])
    await sandbox.close()
    await start({ permissive: true })
    expect((await token()).status).toBe(200)
  })

  test('S4: belongs to the integration, and can be changed', async () => {
    await start()
    const other = await sandbox.sendcloud.control.createAccount({ useOAuth2: true })
    expect([(await call(basic())).status, (await call(basic(other))).status]).toEqual([200, 401])
    sandbox.sendcloud.control.setIntegration({ useOAuth2: true })
    expect((await call(basic())).status).toBe(401)
    expect(sandbox.sendcloud.options.mode).toBe('oauth2')
  })

  test('S5: an account that is not part of the beta gets no tokens', async () => {
    await start({ useOAuth2: true, beta: false })
    expect((await token()).status).toBe(401)
  })
})

describe('the "Service Points" setting', () => {
  test('S3 S16: off, the service points host refuses Basic and tokens, the panel host does not', async () => {
    await start({ permissive: true })
    const { origins } = sandbox.sendcloud.options
    expect(origins).toEqual([sandbox.sendcloud.baseUrl, sandbox.sendcloud.servicePointsUrl])
    const bearer = await accessToken()
    for (const authorization of [basic(), bearer]) expect((await servicePoints(authorization)).status).toBe(200)
    sandbox.sendcloud.control.setIntegration({ servicePoints: false })
    for (const authorization of [basic(), bearer]) {
      expect((await servicePoints(authorization)).status).toBe(403)
      expect((await call(authorization)).status).toBe(200)
    }
  })
})

describe('token endpoint', () => {
  test('S6 S7 G3: exchanges the keys for a token', async () => {
    await start({ useOAuth2: true })
    expect(new URL(sandbox.sendcloud.options.tokenEndpoint).pathname).toBe('/oauth2/token')
    const reply = await token()
    expect(reply.status).toBe(200)
    expect(reply.text).toMatch(
      /^\{"access_token":"ory_at_[^".]+","expires_in":3599,"scope":"api","token_type":"bearer"\}$/,
    )
  })

  test('S8: the API takes the token, without an Accept header', async () => {
    await start({ useOAuth2: true })
    expect((await call(await accessToken(), '/api/v2/user')).status).toBe(200)
  })

  test('S15: without a scope the token is good for nothing; another scope is refused', async () => {
    await start({ useOAuth2: true })
    const reply = await call(await accessToken({}))
    expect([reply.status, reply.json]).toMatchObject([403, { error: { code: 403 } }])
    const other = await token({ scope: 'admin' })
    expect([other.status, other.json.error]).toEqual([400, 'invalid_scope'])
    await sandbox.close()
    await start({ useOAuth2: true, scopeOptional: true })
    expect((await call(await accessToken({}))).status).toBe(200)
  })

  test('S18: decodes Basic as a form only when told so', async () => {
    const keys = { publicKey: 'public', secretKey: 'a+b%c' }
    const encoded = { headers: { ...FORM, authorization: basicAuth('public', 'a%2Bb%25c') } }
    await start({ useOAuth2: true, credentials: keys })
    expect([(await token()).status, (await token(undefined, encoded)).status]).toEqual([200, 401])
    await sandbox.close()
    await start({ useOAuth2: true, credentials: keys, formDecodeBasic: true })
    const raw = await token()
    expect([raw.status, raw.json.error]).toEqual([400, 'invalid_request'])
    expect((await token(undefined, encoded)).status).toBe(200)
    await sandbox.close()
    await start({ useOAuth2: true, credentials: { publicKey: 'public', secretKey: 'a+b' }, formDecodeBasic: true })
    expect((await token()).status).toBe(401)
  })

  test('S18: the API never decodes Basic', async () => {
    await start({ credentials: { publicKey: 'public', secretKey: 'a+b%25c' }, formDecodeBasic: true })
    expect((await call(basic())).status).toBe(200)
  })

  test('S6: refuses other grants and a second client authentication', async () => {
    await start({ useOAuth2: true })
    const outcome = async (parameters: Record<string, string>) => {
      const { status, json } = await token(parameters)
      return [status, json.error]
    }
    expect(await outcome({ grant_type: 'password', scope: 'api' })).toEqual([400, 'unsupported_grant_type'])
    expect(await outcome({ client_secret: 'x', scope: 'api' })).toEqual([400, 'invalid_request'])
  })

  test('S7: the token ends after 3599 s', async () => {
    await start({ useOAuth2: true })
    const bearer = await accessToken()
    clock.advance(3599_000 - 1)
    expect((await call(bearer)).status).toBe(200)
    clock.advance(1)
    expect((await call(bearer)).status).toBe(401)
  })
})
