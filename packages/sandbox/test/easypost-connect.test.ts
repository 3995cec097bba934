import { X509Certificate } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type EasypostConnectCredentials,
  type EasypostConnectSimulatorOptions,
  type Sandbox,
  startSandbox,
} from '../src/index.ts'
import {
  createCertificateAuthority,
  createCsr,
  expired,
  type Identity,
  notYetValid,
  selfSignedIdentity,
} from '../src/pki.ts'
import { HOUR, manualClock } from './support/clock.ts'
import { basicAuth, FORM, form, type RequestOptions, request } from './support/request.ts'

type EasypostSandbox = Sandbox<'easypostConnect'>

const open: EasypostSandbox[] = []
const clock = manualClock()
afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
})

async function start(easypostConnect: EasypostConnectSimulatorOptions = {}): Promise<EasypostSandbox> {
  const sandbox = await startSandbox({
    carriers: ['easypostConnect'],
    clock,
    easypostConnect: { keyType: 'ec', ...easypostConnect },
  })
  open.push(sandbox)
  return sandbox
}

/** The document's request: three fields in the body, no certificate. */
function token(
  { easypostConnect, authority }: EasypostSandbox,
  parameters: Record<string, string> = {},
  options: RequestOptions = {},
) {
  const { clientId, clientSecret } = easypostConnect.credentials
  return request(easypostConnect.options.tokenEndpoint, {
    method: 'POST',
    ca: authority.certificate,
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

const accessToken = async (
  sandbox: EasypostSandbox,
  { clientId, clientSecret } = sandbox.easypostConnect.credentials,
) => String((await token(sandbox, { client_id: clientId, client_secret: clientSecret })).json.access_token)

interface Layers {
  readonly tls?: Partial<Identity>
  readonly token?: string | undefined
  readonly apiKey?: string | undefined
}

/** `GET /jobs` with the account's three layers, or with others in their place. */
async function jobs(sandbox: EasypostSandbox, layers: Layers = {}) {
  const { credentials, baseUrl } = sandbox.easypostConnect
  const { tls = credentials.tls } = layers
  const bearer = 'token' in layers ? layers.token : await accessToken(sandbox)
  const key = 'apiKey' in layers ? layers.apiKey : credentials.apiKey
  return request(`${baseUrl}/jobs`, {
    ca: sandbox.authority.certificate,
    ...tls,
    headers: {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(key !== undefined && { 'x-api-key': key }),
    },
  })
}

const JOBS = [200, '{"jobs":[]}']
const FORBIDDEN = [403, '{"message":"Forbidden"}']
const UNAUTHORIZED = [401, '{"message":"Unauthorized"}']
const outcome = async (reply: ReturnType<typeof request>) => {
  const { status, text } = await reply
  return [status, text]
}

describe('token endpoint', () => {
  test('E11 E12 E13 E18 G3: exchanges credentials in the body for a JWT, without a certificate', async () => {
    const sandbox = await start()
    expect(new URL(sandbox.easypostConnect.options.tokenEndpoint).pathname).toBe('/oauth2/token')
    const reply = await token(sandbox)
    expect(reply.status).toBe(200)
    expect(reply.text).toMatch(/^\{"access_token":"eyJraWQiOiJ[^"]+","expires_in":3600,"token_type":"Bearer"\}$/)
    expect(decodeProtectedHeader(String(reply.json.access_token))).toMatchObject({ kid: expect.any(String) })
  })

  test('E18: tolerates a certificate, asked for or not, or insists on one', async () => {
    for (const tokenEndpointCertificate of ['ignored', 'requested'] as const) {
      const lenient = await start({ tokenEndpointCertificate })
      expect((await token(lenient, {}, lenient.easypostConnect.credentials.tls)).status).toBe(200)
      expect((await token(lenient)).status).toBe(200)
    }
    const strict = await start({ tokenEndpointCertificate: 'required' })
    await expect(token(strict)).rejects.toThrow()
    expect((await token(strict, {}, strict.easypostConnect.credentials.tls)).status).toBe(200)
  })

  test('E19: refuses wrong credentials with 400 invalid_client, or 401', async () => {
    const sandbox = await start()
    for (const wrong of [{ client_secret: 'wrong' }, { client_id: 'nobody' }]) {
      expect(await outcome(token(sandbox, wrong))).toEqual([400, '{"error":"invalid_client"}'])
    }
    const other = await start({ statuses: { client: 401 } })
    expect((await token(other, { client_secret: 'wrong' })).status).toBe(401)
  })

  test('E12 T1: refuses a second client authentication, another grant and a JSON body', async () => {
    const sandbox = await start()
    const { clientId, clientSecret } = sandbox.easypostConnect.credentials
    const twice = { headers: { ...FORM, authorization: basicAuth(clientId, clientSecret) } }
    expect((await token(sandbox, {}, twice)).json.error).toBe('invalid_request')
    expect((await token(sandbox, { grant_type: 'password' })).json.error).toBe('unsupported_grant_type')
    const json = { headers: { 'content-type': 'application/json' }, body: '{}' }
    expect((await token(sandbox, {}, json)).status).toBe(400)
  })

  test('E23: ignores a scope', async () => {
    const sandbox = await start()
    const reply = await token(sandbox, { scope: 'anything' })
    expect(reply.status).toBe(200)
    expect(Object.keys(reply.json)).toEqual(['access_token', 'expires_in', 'token_type'])
  })
})

describe('API', () => {
  test('E1 E2 E3 E8 E9 E14 E15: takes a certificate, a token and a key together', async () => {
    const sandbox = await start()
    expect((await jobs(sandbox)).status).toBe(200)
  })

  test('E16 E19: a missing or wrong token is 401, a missing or wrong key 403', async () => {
    const sandbox = await start()
    const { mint } = sandbox.easypostConnect.control
    for (const bad of [undefined, 'abc', await mint({ foreignKey: true }), await mint({ claims: { iss: 'x' } })]) {
      expect(await outcome(jobs(sandbox, { token: bad }))).toEqual(UNAUTHORIZED)
    }
    for (const bad of [undefined, 'wrong']) {
      expect(await outcome(jobs(sandbox, { apiKey: bad }))).toEqual(FORBIDDEN)
    }
    const other = await start({ statuses: { token: 403, apiKey: 401 } })
    expect((await jobs(other, { token: 'abc' })).status).toBe(403)
    expect((await jobs(other, { apiKey: 'wrong' })).status).toBe(401)
  })

  test('E16 E19: a missing, foreign, self-signed, expired or early certificate fails in the handshake', async () => {
    const sandbox = await start()
    const foreign = await createCertificateAuthority()
    const bearer = await accessToken(sandbox)
    for (const tls of [
      {},
      await foreign.issueClient(),
      await selfSignedIdentity(),
      await sandbox.authority.issueClient(expired()),
      await sandbox.authority.issueClient(notYetValid()),
    ]) {
      await expect(jobs(sandbox, { tls, token: bearer })).rejects.toThrow()
    }
    expect(sandbox.easypostConnect.control.counters.apiCalls).toBe(0)
  })

  test('E16: a key that does not belong to the certificate cannot be used', async () => {
    const sandbox = await start()
    const { cert } = sandbox.easypostConnect.credentials.tls
    const { key } = await selfSignedIdentity()
    await expect(jobs(sandbox, { tls: { cert, key } })).rejects.toThrow(/key values mismatch/)
  })

  test('E19: can answer a bad certificate with 403 instead', async () => {
    const sandbox = await start({ certificateRefusal: 'answer' })
    const foreign = await createCertificateAuthority()
    for (const tls of [{}, await foreign.issueClient()]) {
      expect(await outcome(jobs(sandbox, { tls }))).toEqual(FORBIDDEN)
    }
    expect((await jobs(sandbox)).status).toBe(200)
  })

  test('E13 E16: an expired token is 401, an expired key 403', async () => {
    const sandbox = await start({ apiKeyExpiresAt: clock.now() + 2 * HOUR })
    const bearer = await accessToken(sandbox)
    clock.advance(HOUR - 1)
    expect((await jobs(sandbox, { token: bearer })).status).toBe(200)
    clock.advance(1)
    expect(await outcome(jobs(sandbox, { token: bearer }))).toEqual(UNAUTHORIZED)
    expect((await jobs(sandbox)).status).toBe(200)
    clock.advance(HOUR)
    expect(await outcome(jobs(sandbox))).toEqual(FORBIDDEN)
  })

  test('E10 E16: certificate, token and key of another environment are refused', async () => {
    const [sandbox, other] = [await start(), await start()]
    const { tls, apiKey } = other.easypostConnect.credentials
    await expect(jobs(sandbox, { tls })).rejects.toThrow()
    expect(await outcome(jobs(sandbox, { token: await accessToken(other) }))).toEqual(UNAUTHORIZED)
    expect(await outcome(jobs(sandbox, { apiKey }))).toEqual(FORBIDDEN)
  })

  test('E20: looks at the token before the key', async () => {
    const sandbox = await start()
    expect(await outcome(jobs(sandbox, { token: undefined, apiKey: undefined }))).toEqual(UNAUTHORIZED)
  })

  test('E22: certificate, token and key must belong together, unless told otherwise', async () => {
    const mixes = async (sandbox: EasypostSandbox): Promise<unknown[]> => {
      const other: EasypostConnectCredentials = await sandbox.easypostConnect.control.createAccount()
      const bearer = await accessToken(sandbox, other)
      return Promise.all([
        outcome(jobs(sandbox, { tls: other.tls })),
        outcome(jobs(sandbox, { token: bearer })),
        outcome(jobs(sandbox, { apiKey: other.apiKey })),
        jobs(sandbox, { tls: other.tls, token: bearer, apiKey: other.apiKey }).then(({ status }) => status),
      ])
    }
    expect(await mixes(await start())).toEqual([FORBIDDEN, FORBIDDEN, FORBIDDEN, 200])
    expect(await mixes(await start({ bound: false }))).toEqual([JOBS, JOBS, JOBS, 200])
  })

  test('E5 E6 E22: a certificate signing request of any name is signed and bound to the account', async () => {
    const sandbox = await start()
    const { csr, key } = await createCsr({ commonName: 'warehouse, Turku', keyType: 'ec' })
    const cert = await sandbox.easypostConnect.control.submitCsr(csr)
    expect(cert).toMatch(/^-----BEGIN CERTIFICATE-----/)
    expect(new X509Certificate(cert).verify(new X509Certificate(sandbox.authority.certificate).publicKey)).toBe(true)
    expect((await jobs(sandbox, { tls: { cert, key } })).status).toBe(200)
    const unknown = await sandbox.authority.issueClient()
    expect(await outcome(jobs(sandbox, { tls: unknown }))).toEqual(FORBIDDEN)
  })

  test('E4: the account has a 2048-bit RSA key by default', async () => {
    const sandbox = await startSandbox({ carriers: ['easypostConnect'] })
    open.push(sandbox)
    const { cert } = sandbox.easypostConnect.credentials.tls
    expect(new X509Certificate(cert).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  test('E7: key and secret are issued together, and replaced together', async () => {
    const sandbox = await start()
    const before = sandbox.easypostConnect.credentials
    const after = sandbox.easypostConnect.control.rotate()
    expect(after).toEqual(sandbox.easypostConnect.credentials)
    expect([after.clientId, after.tls]).toEqual([before.clientId, before.tls])
    expect(await outcome(jobs(sandbox, { apiKey: before.apiKey }))).toEqual(FORBIDDEN)
    expect((await token(sandbox, { client_secret: before.clientSecret })).status).toBe(400)
    expect((await jobs(sandbox)).status).toBe(200)
  })

  test('E14: a presigned upload URL takes no credentials', async () => {
    const sandbox = await start()
    const { baseUrl, credentials } = sandbox.easypostConnect
    const ca = sandbox.authority.certificate
    const headers = { authorization: `Bearer ${await accessToken(sandbox)}`, 'x-api-key': credentials.apiKey }
    const job = await request(`${baseUrl}/jobs/single-file`, { method: 'POST', ca, ...credentials.tls, headers })
    const url = String(job.json.fileUploadUrl)
    expect(new URL(url).origin).not.toBe(baseUrl)
    const upload = { method: 'PUT', ca, body: 'PDF' }
    expect((await request(url, upload)).status).toBe(200)
    expect((await request(url, { ...upload, headers: { 'x-api-key': credentials.apiKey } })).status).toBe(400)
    expect((await request(url, { ...upload, headers })).status).toBe(400)
  })
})
