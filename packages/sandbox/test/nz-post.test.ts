import { afterEach, describe, expect, test } from 'vitest'
import { type NzPostSimulatorOptions, type Sandbox, startSandbox } from '../src/index.ts'
import { HOUR, manualClock } from './support/clock.ts'
import { basicAuth, FORM, form, type RequestOptions, request } from './support/request.ts'

let sandbox: Sandbox<'nzPost'>
const clock = manualClock()
afterEach(() => sandbox.close())

async function start(nzPost: NzPostSimulatorOptions = {}): Promise<void> {
  sandbox = await startSandbox({ carriers: ['nzPost'], clock, nzPost })
}

/** The document's request: three fields in the body. */
function token(parameters: Record<string, string> = {}, options: RequestOptions = {}, search = '') {
  const { clientId, clientSecret } = sandbox.nzPost.credentials
  return request(sandbox.nzPost.options.tokenEndpoint + search, {
    method: 'POST',
    ca: sandbox.authority.certificate,
    headers: FORM,
    body: form({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...parameters,
    }),
    ...options,
  })
}

function call(path: string, headers: Record<string, string>, method = 'GET') {
  return request(sandbox.nzPost.baseUrl + path, { method, ca: sandbox.authority.certificate, headers })
}

const bearer = (accessToken: unknown): Record<string, string> => ({ authorization: `Bearer ${accessToken}` })

describe('token endpoint', () => {
  test('N3 N4 N5 N6 N7 N10 N12 N14 G3: exchanges credentials in the body for a token', async () => {
    await start()
    expect(new URL(sandbox.nzPost.options.tokenEndpoint).pathname).toBe('/as/token.oauth2')
    const reply = await token()
    expect(reply.status).toBe(200)
    expect(reply.text).toMatch(/^\{"access_token":"[^".]+","token_type":"Bearer","expires_in":86399\}$/)
  })

  test('N13: a space behind the client id is another client, unless told to trim', async () => {
    await start()
    const clientId = `${sandbox.nzPost.credentials.clientId} `
    const reply = await token({ client_id: clientId })
    expect([reply.status, reply.json.error]).toEqual([401, 'invalid_client'])
    await sandbox.close()
    await start({ trim: true })
    expect((await token({ client_id: `${sandbox.nzPost.credentials.clientId} ` })).status).toBe(200)
  })

  test('N16: names what is wrong, with 401 or 400 for the credentials', async () => {
    await start()
    const outcome = async (parameters: Record<string, string>) => {
      const { status, json } = await token(parameters)
      return [status, json.error]
    }
    expect(await outcome({ client_secret: 'wrong' })).toEqual([401, 'invalid_client'])
    expect(await outcome({ client_id: 'nobody' })).toEqual([401, 'invalid_client'])
    expect(await outcome({ grant_type: 'authorization_code' })).toEqual([400, 'unsupported_grant_type'])
    const { clientId, clientSecret } = sandbox.nzPost.credentials
    const noGrant = await token({}, { body: form({ client_id: clientId, client_secret: clientSecret }) })
    expect([noGrant.status, noGrant.json.error]).toEqual([400, 'invalid_request'])
    await sandbox.close()
    await start({ rejectedStatus: 400 })
    expect(await outcome({ client_secret: 'wrong' })).toEqual([400, 'invalid_client'])
  })

  test('N17: takes Basic and the query string only when told so', async () => {
    const asBasic = () => {
      const { clientId, clientSecret } = sandbox.nzPost.credentials
      const headers = { ...FORM, authorization: basicAuth(clientId, clientSecret) }
      return token({}, { headers, body: form({ grant_type: 'client_credentials' }) })
    }
    const inQuery = () => {
      const { clientId, clientSecret } = sandbox.nzPost.credentials
      const parameters = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
      return token({}, { headers: {}, body: '' }, `?${form(parameters)}`)
    }
    await start()
    expect([(await asBasic()).status, (await inQuery()).status]).toEqual([401, 401])
    await sandbox.close()
    await start({ placements: ['body', 'basic', 'query'] })
    expect([(await asBasic()).status, (await inQuery()).status, (await token()).status]).toEqual([200, 200, 200])
  })

  test('T1: refuses a client that authenticates in two ways', async () => {
    await start({ placements: ['body', 'basic'] })
    const { clientId, clientSecret } = sandbox.nzPost.credentials
    const reply = await token({}, { headers: { ...FORM, authorization: basicAuth(clientId, clientSecret) } })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
  })

  test('G10: refuses a repeated parameter, and a body that is not form-encoded', async () => {
    await start()
    const { clientId, clientSecret } = sandbox.nzPost.credentials
    const credentials = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    expect((await token({}, { body: `${form(credentials)}&client_id=x` })).status).toBe(400)
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(credentials) }
    expect((await token({}, json)).status).toBe(401)
  })
})

describe('API', () => {
  test('N1 N9: every call needs the token', async () => {
    await start()
    const accessToken = (await token()).json.access_token
    expect((await call('/parceltrack/3.0/parcels', bearer(accessToken))).status).toBe(200)
    expect((await call('/parceltrack/3.0/parcels', {})).status).toBe(401)
    expect((await call('/parceltrack/3.0/parcels', bearer('YOUR_ACCESS_TOKEN'))).status).toBe(401)
  })

  test('N11: /labels/domestic is a protected route, and no token response', async () => {
    await start()
    const accessToken = (await token()).json.access_token
    const reply = await call('/labels/domestic', bearer(accessToken), 'POST')
    expect(reply.status).toBe(201)
    expect(reply.json).not.toHaveProperty('access_token')
    expect((await call('/labels/domestic', {}, 'POST')).status).toBe(401)
  })

  test('N7 N8 N15: the token ends after 86399 s, without a hint', async () => {
    await start()
    const accessToken = (await token()).json.access_token
    clock.advance(24 * HOUR - 1001)
    const reply = await call('/parceltrack/3.0/parcels', bearer(accessToken))
    expect(reply.status).toBe(200)
    expect(Object.keys(reply.headers).join()).not.toMatch(/expires|refresh/)
    clock.advance(1)
    expect((await call('/parceltrack/3.0/parcels', bearer(accessToken))).status).toBe(401)
  })

  test('N20: wants the client_id header only when told so', async () => {
    await start({ clientIdHeader: true })
    const headers = bearer((await token()).json.access_token)
    const { clientId } = sandbox.nzPost.credentials
    expect((await call('/parceltrack/3.0/parcels', headers)).status).toBe(401)
    expect((await call('/parceltrack/3.0/parcels', { ...headers, client_id: clientId })).status).toBe(200)
    expect((await call('/parceltrack/3.0/parcels', { ...headers, client_id: 'another' })).status).toBe(401)
  })
})
