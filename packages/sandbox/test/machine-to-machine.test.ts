import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { type MachineToMachineSimulatorOptions, type Sandbox, startSandbox } from '../src/index.ts'
import { HOUR, manualClock } from './support/clock.ts'
import { basicAuth, FORM, type RequestOptions, request } from './support/request.ts'

let sandbox: Sandbox<'machineToMachine'>
const clock = manualClock()
afterEach(() => sandbox.close())

async function start(machineToMachine: MachineToMachineSimulatorOptions = {}): Promise<void> {
  sandbox = await startSandbox({ carriers: ['machineToMachine'], clock, machineToMachine })
}

const simulator = () => sandbox.machineToMachine
const authorization = ({ clientId, clientSecret } = simulator().credentials): string =>
  basicAuth(clientId, clientSecret)

/** The document's request: both headers, one parameter. */
function token(options: RequestOptions = {}) {
  return request(`${simulator().baseUrl}/oauth/v2/token`, {
    method: 'POST',
    ca: sandbox.authority.certificate,
    headers: { ...FORM, authorization: authorization() },
    body: 'grant_type=client_credentials',
    ...options,
  })
}

const accessToken = async (options?: RequestOptions): Promise<string> =>
  String((await token(options)).json.access_token)

function call(value: string, path = '/v1/shipments', method = 'GET') {
  const headers = { authorization: `Bearer ${value}` }
  return request(simulator().baseUrl + path, { method, ca: sandbox.authority.certificate, headers })
}

describe('token endpoint', () => {
  test('J2 J4 J5 J6 J7 J15 J17 G3: exchanges Basic credentials for a token', async () => {
    await start()
    const reply = await token()
    expect(reply.status).toBe(200)
    expect(reply.text).toMatch(/^\{"token_type":"Bearer","expires_in":3600,"access_token":"[^"]+"\}$/)
  })

  test('J3: any client id will do', async () => {
    for (const clientId of ['Jürgen Müller', 'me@example.com', 'a+b%20c', '東京']) {
      await start({ credentials: { clientId } })
      expect((await call(await accessToken())).status).toBe(200)
      await sandbox.close()
    }
  })

  test('J8 J14: wrong credentials, none, or the printed header name as part of the value are 401', async () => {
    await start()
    const { clientId } = simulator().credentials
    for (const value of [basicAuth(clientId, 'wrong'), basicAuth('x', 'y'), `Authorization: ${authorization()}`, '']) {
      expect((await token({ headers: { ...FORM, authorization: value } })).status).toBe(401)
    }
  })

  test('J5 J16: a missing Content-Type is 415, or 400', async () => {
    await start()
    expect((await token({ headers: { authorization: authorization() } })).status).toBe(415)
    await sandbox.close()
    await start({ unsupportedMediaStatus: 400 })
    const reply = await token({ headers: { authorization: authorization() } })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
  })

  test('J16: a missing or other grant is 400', async () => {
    await start()
    expect((await token({ body: '' })).json.error).toBe('invalid_request')
    expect((await token({ body: 'grant_type=password' })).json.error).toBe('unsupported_grant_type')
  })
})

describe('API', () => {
  test('J1: the token is a signed JWT that names the caller and its end', async () => {
    await start()
    const value = await accessToken()
    expect(decodeProtectedHeader(value).alg).toBe('RS256')
    const claims = decodeJwt(value)
    expect(claims.client_id).toBe(simulator().credentials.clientId)
    expect(claims.exp).toBe(clock.now() / 1000 + 3600)
  })

  test('J9: answers 200, 201 and 204', async () => {
    await start()
    const value = await accessToken()
    expect((await call(value)).status).toBe(200)
    expect((await call(value, '/v1/shipments', 'POST')).status).toBe(201)
    const deleted = await call(value, '/v1/shipments/S-1', 'DELETE')
    expect([deleted.status, deleted.text]).toEqual([204, ''])
  })

  test('J1 J11: refuses a token with anything wrong', async () => {
    await start()
    const now = clock.now() / 1000
    const { mint, revoke } = simulator().control
    expect((await call(await mint())).status).toBe(200)
    for (const forged of [
      { foreignKey: true },
      { claims: { exp: now - 1 } },
      { claims: { exp: undefined } },
      { claims: { nbf: now + 60 } },
      { claims: { iss: 'https://elsewhere.example' } },
      { claims: { aud: 'https://elsewhere.example' } },
    ]) {
      expect((await call(await mint(forged))).status, JSON.stringify(forged)).toBe(401)
    }
    const value = await accessToken()
    expect((await call(value)).status).toBe(200)
    revoke()
    expect((await call(value)).status).toBe(401)
    expect((await call('not.a.token')).status).toBe(401)
  })

  test('J10 J11: a valid token without permission is 403', async () => {
    await start()
    expect((await call(await accessToken(), '/v1/admin/users')).status).toBe(403)
    const idle = await simulator().control.createAccount([])
    const headers = { ...FORM, authorization: authorization(idle) }
    expect((await call(await accessToken({ headers }))).status).toBe(403)
    const admin = await simulator().control.createAccount(['shipments', 'admin'])
    const asAdmin = { headers: { ...FORM, authorization: authorization(admin) } }
    expect((await call(await accessToken(asAdmin), '/v1/admin/users')).status).toBe(200)
  })

  test('J18: an expired token is 401, or 403', async () => {
    await start()
    const value = await accessToken()
    clock.advance(HOUR - 1)
    expect((await call(value)).status).toBe(200)
    clock.advance(1)
    expect((await call(value)).status).toBe(401)
    await sandbox.close()
    await start({ expiredStatus: 403 })
    const other = await accessToken()
    clock.advance(HOUR)
    expect((await call(other)).status).toBe(403)
    expect((await call('unknown')).status).toBe(401)
  })

  test('J12: tokens can be opaque, with padding', async () => {
    await start({ tokenFormat: 'opaque' })
    const value = await accessToken()
    expect(value).toMatch(/^[A-Za-z0-9+/]+=+$/)
    expect((await call(value)).status).toBe(200)
    clock.advance(HOUR)
    expect((await call(value)).status).toBe(401)
  })

  test('J13: tokens can be signed with HS256', async () => {
    await start({ tokenFormat: 'HS256' })
    const value = await accessToken()
    expect(decodeProtectedHeader(value).alg).toBe('HS256')
    expect((await call(value)).status).toBe(200)
    expect((await call(`${value}x`)).status).toBe(401)
  })
})
