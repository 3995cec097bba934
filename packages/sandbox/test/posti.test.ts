import { afterEach, describe, expect, test } from 'vitest'
import { type PostiCredentials, type PostiSimulatorOptions, type Sandbox, startSandbox } from '../src/index.ts'
import { HOUR, MINUTE, manualClock } from './support/clock.ts'
import { basicAuth, FORM, form, type Reply, type RequestOptions, request } from './support/request.ts'

let sandbox: Sandbox<'posti'>
const clock = manualClock()
afterEach(() => sandbox.close())

async function start(posti: PostiSimulatorOptions = {}): Promise<void> {
  sandbox = await startSandbox({ carriers: ['posti'], clock, posti })
}

const ca = (): string => sandbox.authority.certificate

/** The document's request: grant in the URL, Accept and Authorization, nothing else. */
function token(credentials: PostiCredentials = sandbox.posti.credentials, options: RequestOptions = {}) {
  const { headers, ...rest } = options
  const authorization = basicAuth(credentials.username, credentials.password)
  return request(`${sandbox.posti.options.tokenEndpoint}?grant_type=client_credentials`, {
    method: 'POST',
    ca: ca(),
    headers: { accept: 'application/json', authorization, ...headers },
    ...rest,
  })
}

const wrong = (): Promise<Reply> => token({ ...sandbox.posti.credentials, password: 'wrong' })

function call(accessToken: string, url = `${sandbox.posti.baseUrl}/estimation/v1/estimates`, options = {}) {
  return request(url, { ca: ca(), headers: { authorization: `Bearer ${accessToken}` }, ...options })
}

describe('token endpoint', () => {
  test('P1 P3 P4 P5 P7 P8 G3: exchanges Basic credentials for a token, in the words of the document', async () => {
    await start({ credentials: { username: 'accountname', password: 'secret' } })
    expect(new URL(sandbox.posti.options.tokenEndpoint).pathname).toBe('/oauth/token')
    const reply = await token()
    expect(reply.status).toBe(200)
    expect(reply.text).toMatch(/^\{"token_type":"bearer","access_token":"[^".]+","expires_in":3599\}$/)
  })

  test('P2: accepts the check value YWNjb3VudG5hbWU6c2VjcmV0 for accountname and secret', async () => {
    await start({ credentials: { username: 'accountname', password: 'secret' } })
    const headers = { authorization: 'Basic YWNjb3VudG5hbWU6c2VjcmV0' }
    expect((await token(undefined, { headers })).status).toBe(200)
  })

  test('P6 P15: takes the grant from the body too, or from both', async () => {
    await start()
    const inBody = { method: 'POST', ca: ca(), headers: { ...FORM }, body: 'grant_type=client_credentials' }
    const { username, password } = sandbox.posti.credentials
    const headers = { ...FORM, authorization: basicAuth(username, password) }
    expect((await request(sandbox.posti.options.tokenEndpoint, { ...inBody, headers })).status).toBe(200)
    expect((await token(undefined, { headers: FORM, body: 'grant_type=client_credentials' })).status).toBe(200)
  })

  test('P15: missing from both is 400 invalid_request and no login failure', async () => {
    await start({ lockout: { attempts: 1 } })
    const { username } = sandbox.posti.credentials
    const headers = { authorization: basicAuth(username, 'wrong') }
    const reply = await request(sandbox.posti.options.tokenEndpoint, { method: 'POST', ca: ca(), headers })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
    expect((await token()).status).toBe(200)
  })

  test('P15: can be told to look in one place only', async () => {
    await start({ grantPlacement: 'body' })
    expect((await token()).status).toBe(400)
    await sandbox.close()
    await start({ grantPlacement: 'query' })
    const { username, password } = sandbox.posti.credentials
    const headers = { ...FORM, authorization: basicAuth(username, password) }
    const options = { method: 'POST', ca: ca(), headers, body: 'grant_type=client_credentials' }
    expect((await request(sandbox.posti.options.tokenEndpoint, options)).status).toBe(400)
    expect((await token()).status).toBe(200)
  })

  test('P12 P14 P23: a wrong password and an unknown account get the same 401', async () => {
    await start()
    const expected = {
      timestamp: '2026-01-01T00:00:00.000+00:00',
      status: 401,
      error: 'Unauthorized',
      message: 'Bad credentials',
      path: '/oauth/token',
    }
    for (const reply of [await wrong(), await token({ username: 'nobody', password: 'wrong' })]) {
      expect(reply.status).toBe(401)
      expect(reply.text).toBe(JSON.stringify(expected))
      expect(reply.headers['www-authenticate']).toBeUndefined()
    }
  })

  test('P4: no Authorization header, or another scheme, is 401', async () => {
    await start()
    for (const authorization of ['', 'Bearer abc', 'Basic', 'Basic !!!', `Basic ${btoa('no colon')}`]) {
      expect((await token(undefined, { headers: { authorization } })).status).toBe(401)
    }
  })

  test('P23: can answer in the form of RFC 6749, and with a challenge', async () => {
    await start({ errorBody: 'rfc6749', challenge: true })
    const reply = await wrong()
    expect(reply.text).toBe('{"error":"invalid_client","error_description":"Bad credentials"}')
    expect(reply.headers['www-authenticate']).toMatch(/^Basic /)
  })

  test('P25: tolerates a missing Accept, or answers 406 with HTML', async () => {
    await start()
    expect((await token(undefined, { headers: { accept: '*/*' } })).status).toBe(200)
    await sandbox.close()
    await start({ requireAccept: true })
    const reply = await token(undefined, { headers: { accept: '*/*' } })
    expect([reply.status, reply.headers['content-type']]).toEqual([406, 'text/html'])
    expect((await token()).status).toBe(200)
  })

  test('P26: reads UTF-8 and colons in the password, or Latin-1', async () => {
    const credentials = { username: 'häkkinen', password: 'a:b:ö' }
    const { username, password } = credentials
    const latin1 = { headers: { authorization: basicAuth(username, password, 'latin1') } }
    await start({ credentials })
    expect((await token()).status).toBe(200)
    expect((await token(undefined, latin1)).status).toBe(401)
    await sandbox.close()
    await start({ credentials, passwordCharset: 'latin1' })
    expect((await token(undefined, latin1)).status).toBe(200)
  })

  test('T1: refuses a client that authenticates in two ways', async () => {
    await start()
    const reply = await token(undefined, { headers: FORM, body: form({ client_secret: 'x' }) })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
  })
})

describe('lock-out', () => {
  test('P13 P22: five invalid logins lock the account for one hour, the right password included', async () => {
    await start()
    const rejected = []
    for (let i = 0; i < 5; i++) rejected.push(await wrong())
    const right = await token()
    expect(rejected.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
    expect([right.status, right.text]).toEqual([401, rejected[4]?.text])
    clock.advance(HOUR - 1)
    expect((await token()).status).toBe(401)
    clock.advance(1)
    expect((await token()).status).toBe(200)
  })

  test('P22: four invalid logins do not lock', async () => {
    await start()
    for (let i = 0; i < 4; i++) await wrong()
    expect((await token()).status).toBe(200)
  })

  test('P13: other accounts are not locked', async () => {
    await start()
    const other = await sandbox.posti.control.createAccount()
    for (let i = 0; i < 5; i++) await wrong()
    expect((await token(other)).status).toBe(200)
  })

  test('P19: counts consecutive logins by default; cumulative and rolling are to be had', async () => {
    await start()
    const fourRightOneWrong = async (): Promise<number> => {
      for (let i = 0; i < 4; i++) await wrong()
      await token()
      await wrong()
      return (await token()).status
    }
    expect(await fourRightOneWrong()).toBe(200)
    await sandbox.close()
    await start({ lockout: { counting: 'cumulative' } })
    expect(await fourRightOneWrong()).toBe(401)
    await sandbox.close()
    await start({ lockout: { counting: 'rolling' } })
    for (let i = 0; i < 4; i++) await wrong()
    clock.advance(HOUR)
    await wrong()
    expect((await token()).status).toBe(200)
  })

  test('P20: attempts during the lock extend it only when told so', async () => {
    await start()
    const tryDuringLock = async (): Promise<number> => {
      for (let i = 0; i < 5; i++) await wrong()
      clock.advance(59 * MINUTE)
      await wrong()
      clock.advance(MINUTE)
      return (await token()).status
    }
    expect(await tryDuringLock()).toBe(200)
    await sandbox.close()
    await start({ lockout: { extends: true } })
    expect(await tryDuringLock()).toBe(401)
  })

  test('P21: tokens survive a lock, unless told otherwise', async () => {
    await start()
    const lockWithToken = async (): Promise<number> => {
      const { access_token } = (await token()).json
      for (let i = 0; i < 5; i++) await wrong()
      return (await call(String(access_token))).status
    }
    expect(await lockWithToken()).toBe(200)
    await sandbox.close()
    await start({ lockout: { revokesTokens: true } })
    expect(await lockWithToken()).toBe(401)
  })

  test('P13: can be switched by hand', async () => {
    await start()
    sandbox.posti.control.lock()
    expect((await token()).status).toBe(401)
    sandbox.posti.control.unlock()
    expect((await token()).status).toBe(200)
  })
})

describe('API', () => {
  test('P9 P11: takes the token on every service and host', async () => {
    await start()
    const accessToken = String((await token()).json.access_token)
    const { origins } = sandbox.posti.options
    expect(origins).toHaveLength(2)
    for (const origin of origins) {
      expect((await call(accessToken, `${origin}/estimation/v1/estimates`)).status).toBe(200)
      expect((await call(accessToken, `${origin}/shipments/v1/shipments`, { method: 'POST' })).status).toBe(201)
    }
  })

  test('P10 P18 P24 G6: refuses a token after 3599 s, not 3600', async () => {
    await start()
    const accessToken = String((await token()).json.access_token)
    clock.advance(3599_000 - 1)
    expect((await call(accessToken)).status).toBe(200)
    clock.advance(1)
    expect((await call(accessToken)).status).toBe(401)
  })

  test('P24: refuses unknown, revoked and missing tokens with 401', async () => {
    await start()
    const accessToken = String((await token()).json.access_token)
    expect((await call('abc123')).status).toBe(401)
    expect((await request(`${sandbox.posti.baseUrl}/estimation/v1/estimates`, { ca: ca() })).status).toBe(401)
    sandbox.posti.control.revoke()
    expect((await call(accessToken)).status).toBe(401)
  })

  test('P17: another environment does not take the token', async () => {
    await start()
    const accessToken = String((await token()).json.access_token)
    const other = await startSandbox({ carriers: ['posti'], clock })
    try {
      const reply = await request(`${other.posti.baseUrl}/estimation/v1/estimates`, {
        ca: other.authority.certificate,
        headers: { authorization: `Bearer ${accessToken}` },
      })
      expect(reply.status).toBe(401)
    } finally {
      await other.close()
    }
  })
})
