import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fault, type ObservedRequest, type Sandbox, startSandbox } from '../src/index.ts'
import { manualClock } from './support/clock.ts'
import { basicAuth, FORM, form, type RequestOptions, request } from './support/request.ts'

let sandbox: Sandbox
const clock = manualClock()
const seen: ObservedRequest[] = []

beforeAll(async () => {
  sandbox = await startSandbox({
    clock,
    easypostConnect: { keyType: 'ec' },
    sendcloud: { useOAuth2: true },
    onRequest: (observed) => seen.push(observed),
  })
})
afterAll(() => sandbox.close())

const CARRIERS = ['easypostConnect', 'posti', 'nzPost', 'sendcloud', 'machineToMachine'] as const
type CarrierProperty = (typeof CARRIERS)[number]

/** The right token request of each carrier. */
function tokenRequest(id: CarrierProperty): [string, RequestOptions] {
  const { easypostConnect, posti, nzPost, sendcloud, machineToMachine } = sandbox
  const post = { method: 'POST', ca: sandbox.authority.certificate }
  const inBody = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }): RequestOptions => ({
    ...post,
    headers: FORM,
    body: form({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
  })
  const asBasic = (username: string, password: string, body: Record<string, string>): RequestOptions => ({
    ...post,
    headers: { ...FORM, authorization: basicAuth(username, password) },
    body: form({ grant_type: 'client_credentials', ...body }),
  })
  switch (id) {
    case 'easypostConnect':
      return [easypostConnect.options.tokenEndpoint, inBody(easypostConnect.credentials)]
    case 'posti':
      return [posti.options.tokenEndpoint, asBasic(posti.credentials.username, posti.credentials.password, {})]
    case 'nzPost':
      return [nzPost.options.tokenEndpoint, inBody(nzPost.credentials)]
    case 'sendcloud':
      return [
        sendcloud.options.tokenEndpoint,
        asBasic(sendcloud.credentials.publicKey, sendcloud.credentials.secretKey, { scope: 'api' }),
      ]
    case 'machineToMachine': {
      const { clientId, clientSecret } = machineToMachine.credentials
      return [`${machineToMachine.baseUrl}/oauth/v2/token`, asBasic(clientId, clientSecret, {})]
    }
  }
}

/** Headers and TLS of an authenticated API call. */
async function authenticated(id: CarrierProperty): Promise<RequestOptions & { headers: Record<string, string> }> {
  const token = (await request(...tokenRequest(id))).json.access_token
  const authorization = `Bearer ${token}`
  const ca = sandbox.authority.certificate
  if (id !== 'easypostConnect') return { ca, headers: { authorization } }
  const { apiKey, tls } = sandbox.easypostConnect.credentials
  return { ca, ...tls, headers: { authorization, 'x-api-key': apiKey } }
}

describe.each(CARRIERS)('%s', (id) => {
  test('G1: refuses plain HTTP', async () => {
    for (const url of [tokenRequest(id)[0], sandbox[id].baseUrl]) {
      const outgoing = httpRequest(url.replace('https:', 'http:'), { agent: false })
      outgoing.end()
      await expect(once(outgoing, 'response')).rejects.toThrow()
    }
  })

  test('G1: is not trusted without the certificate authority of the sandbox', async () => {
    const [url, options] = tokenRequest(id)
    const { ca: _ca, ...others } = options
    await expect(request(url, others)).rejects.toThrow(/certificate/)
  })

  test('G2: answers every method but POST with 405', async () => {
    const [url, options] = tokenRequest(id)
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const reply = await request(url, { ...options, method, body: '' })
      expect([reply.status, reply.headers.allow]).toEqual([405, 'POST'])
    }
  })

  test('G4 G9 G10: token replies are JSON, not stored, and have no refresh token', async () => {
    const [url, options] = tokenRequest(id)
    const granted = await request(url, options)
    const refused = await request(url, { ...options, body: 'grant_type=x', headers: FORM })
    expect([granted.status, refused.status < 500 && refused.status >= 400]).toEqual([200, true])
    for (const reply of [granted, refused]) {
      expect(reply.headers['content-type']).toBe('application/json')
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(reply.json).not.toHaveProperty('refresh_token')
    }
  })

  test('G7: counts token requests, token failures, API calls and rejections', async () => {
    const { counters } = sandbox[id].control
    const before = { ...counters }
    const credentials = await authenticated(id)
    await request(tokenRequest(id)[0], { method: 'POST', ca: sandbox.authority.certificate })
    await request(`${sandbox[id].baseUrl}/echo`, credentials)
    await request(`${sandbox[id].baseUrl}/echo`, { ...credentials, headers: {} })
    const grown = Object.entries(counters).map(([name, count]) => [name, count - before[name as keyof typeof before]])
    expect(Object.fromEntries(grown)).toEqual({ tokenRequests: 2, tokenFailures: 1, apiCalls: 2, apiRejections: 1 })
  })

  test('G6: goes by the clock it was given', async () => {
    const credentials = await authenticated(id)
    const url = `${sandbox[id].baseUrl}/echo`
    expect((await request(url, credentials)).status).toBe(200)
    clock.advance(24 * 3_600_000)
    expect((await request(url, credentials)).status).toBe(401)
  })

  test('G7: a revoked token, an old secret and a locked account are refused', async () => {
    const { control } = sandbox[id]
    const credentials = await authenticated(id)
    const url = `${sandbox[id].baseUrl}/echo`
    control.revoke()
    expect((await request(url, credentials)).status).toBe(401)
    const old = tokenRequest(id)
    control.rotate()
    expect((await request(...old)).status).toBeGreaterThanOrEqual(400)
    expect((await request(...tokenRequest(id))).status).toBe(200)
    control.lock()
    expect((await request(...tokenRequest(id))).status).toBeGreaterThanOrEqual(400)
    control.unlock()
    expect((await request(...tokenRequest(id))).status).toBe(200)
  })

  test('G8: misbehaves at the token endpoint, and stops when told', async () => {
    const { faults } = sandbox[id].control
    const ask = () => request(...tokenRequest(id))
    faults.tokenEndpoint(fault.unavailable, 2)
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([503, 503, 200])
    faults.tokenEndpoint(fault.throttled(30))
    expect([(await ask()).status, (await ask()).headers['retry-after']]).toEqual([429, '30'])
    faults.tokenEndpoint(fault.html)
    expect((await ask()).text).toContain('<title>')
    faults.tokenEndpoint(fault.empty)
    expect((await ask()).text).toBe('')
    faults.tokenEndpoint(fault.byteOrderMark)
    expect((await ask()).text).toMatch(/^\uFEFF\{"/)
    faults.tokenEndpoint(fault.truncated)
    expect((await ask()).text).toMatch(/^\{"[^}]*$/)
    faults.tokenEndpoint(fault.members({ expires_in: '60', id_token: 'x', token_type: undefined }))
    const spoiled = await ask()
    expect(spoiled.json).toMatchObject({ expires_in: '60', id_token: 'x', access_token: expect.any(String) })
    expect(spoiled.text).not.toContain('token_type')
    faults.tokenEndpoint('disconnect')
    await expect(ask()).rejects.toThrow()
    faults.clear()
    expect((await ask()).status).toBe(200)
  })

  test('G8: misbehaves at the API', async () => {
    const { faults } = sandbox[id].control
    const credentials = await authenticated(id)
    const call = () => request(`${sandbox[id].baseUrl}/echo`, credentials)
    faults.api({ status: 401 }, 1)
    expect([(await call()).status, (await call()).status]).toEqual([401, 200])
    faults.api('disconnect')
    await expect(call()).rejects.toThrow()
    faults.clear()
    expect((await call()).status).toBe(200)
  })

  test('returns the very bytes and content type that it was sent', async () => {
    const { headers, ...credentials } = await authenticated(id)
    const body = Uint8Array.from({ length: 256 * 1024 }, (_, i) => (i * 31) % 256)
    const reply = await new Promise<{ type: string | undefined; bytes: Buffer }>((resolve, reject) => {
      const outgoing = httpsRequest(
        `${sandbox[id].baseUrl}/echo`,
        { ...credentials, agent: false, method: 'POST', headers: { ...headers, 'content-type': 'image/x-odd; a=b' } },
        async (response) => {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk as Buffer)
          resolve({ type: response.headers['content-type'], bytes: Buffer.concat(chunks) })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
    expect(reply.type).toBe('image/x-odd; a=b')
    expect(reply.bytes.equals(body)).toBe(true)
  })

  test('redirects to its echo or elsewhere, with the status that is asked for', async () => {
    const credentials = await authenticated(id)
    const redirect = (search: string) => request(`${sandbox[id].baseUrl}/redirect${search}`, credentials)
    const plain = await redirect('')
    expect([plain.status, plain.headers.location]).toEqual([302, '/echo'])
    const away = await redirect('?status=307&to=https%3A%2F%2Felsewhere.example%2Fx')
    expect([away.status, away.headers.location]).toEqual([307, 'https://elsewhere.example/x'])
    expect((await redirect('?status=200')).status).toBe(400)
    expect((await request(`${sandbox[id].baseUrl}/redirect`, { ...credentials, headers: {} })).status).toBe(401)
  })

  test('answers an unknown path with 404, once authenticated', async () => {
    const credentials = await authenticated(id)
    expect((await request(`${sandbox[id].baseUrl}/nowhere`, credentials)).status).toBe(404)
  })

  test('shows what it received', async () => {
    const credentials = await authenticated(id)
    await request(`${sandbox[id].baseUrl}/echo?a=b`, credentials)
    const [token, call] = seen.slice(-2)
    expect(token).toMatchObject({
      carrier: sandbox[id].id,
      endpoint: 'token',
      method: 'POST',
      body: tokenRequest(id)[1].body,
    })
    expect(call).toMatchObject({ carrier: sandbox[id].id, endpoint: 'api', method: 'GET', url: '/echo?a=b' })
    expect(call?.clientCertificate).toBe(id === 'easypostConnect' ? 'client.example.com' : undefined)
  })
})

describe('startSandbox', () => {
  test('starts only what is asked for', async () => {
    const small = await startSandbox({ carriers: ['posti', 'nzPost'] })
    expect(Object.keys(small).sort()).toEqual(['authority', 'close', 'nzPost', 'posti'])
    await small.close()
    await expect(startSandbox({ carriers: ['dhl' as CarrierProperty] })).rejects.toThrow(/carriers: there is no dhl/)
  })

  test('closes at once, whatever is still going on, and twice', async () => {
    const own = await startSandbox({ carriers: ['posti'] })
    const { port } = new URL(own.posti.baseUrl)
    // One connection in the middle of a handshake, one idle, one with a request that hangs.
    const silent = connect(Number(port), 'localhost')
    await once(silent, 'connect')
    const agent = new Agent({ keepAlive: true })
    const options = { agent, ca: own.authority.certificate }
    const idle = httpsRequest(own.posti.baseUrl, options).end()
    const [response] = await once(idle, 'response')
    response.resume()
    await once(response, 'end')
    own.posti.control.faults.tokenEndpoint('hang')
    const hanging = httpsRequest(own.posti.options.tokenEndpoint, { ...options, method: 'POST' }).end()
    const cut = once(hanging, 'response').catch((error: Error) => error)
    await expect.poll(() => own.posti.control.counters.tokenRequests).toBe(1)
    const silentClosed = once(silent, 'close')
    await own.close()
    await silentClosed
    expect(await cut).toBeInstanceOf(Error)
    await own.close()
  })
})
