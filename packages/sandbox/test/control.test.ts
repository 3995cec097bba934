import { request } from 'node:http'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedSandbox, serveSandbox } from '../src/index.ts'
import { createCsr } from '../src/pki.ts'
import { basicAuth, request as secureRequest } from './support/request.ts'

let served: ServedSandbox
beforeAll(async () => {
  served = await serveSandbox({ carriers: ['posti', 'sendcloud', 'easypost-connect'] })
})
afterAll(() => served.close())

interface Reply {
  readonly status: number
  readonly type: string | undefined
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON it is
  json(): any
}

/** By node:http: fetch lets nobody choose the Host header. */
function call(
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: object } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${served.controlUrl}${path}`, { method, headers: { ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'],
          text,
          json: () => JSON.parse(text),
        }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const post = (path: string, body?: object) =>
  call('POST', path, body === undefined ? {} : { body: JSON.stringify(body) })

/** Asks Posti for a token, as any language would. */
async function login(password?: string): Promise<number> {
  const { credentials, options } = (await call('GET', '/carriers/posti')).json()
  const { status } = await secureRequest(`${options.tokenEndpoint}?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basicAuth(credentials.username, password ?? credentials.password) },
    ca: options.ca,
  })
  return status
}

describe('the control interface', () => {
  test('lists the carriers, and shows one as its factory takes it', async () => {
    const { carriers } = (await call('GET', '/carriers')).json()
    expect(carriers.map(({ id }: { id: string }) => id)).toEqual(['posti', 'sendcloud', 'easypost-connect'])
    const posti = (await call('GET', '/carriers/posti')).json()
    expect(posti).toMatchObject({
      id: 'posti',
      credentials: served.sandbox.posti.credentials,
      baseUrl: expect.any(String),
    })
    expect(Object.keys(posti)).toEqual(['id', 'credentials', 'options', 'baseUrl', 'counters'])
  })

  test('counts, locks, unlocks and rotates', async () => {
    const before = (await call('GET', '/carriers/posti')).json().counters.tokenRequests
    expect(await login()).toBe(200)
    expect((await post('/carriers/posti/lock')).status).toBe(204)
    expect(await login()).toBe(401)
    expect((await post('/carriers/posti/unlock', {})).status).toBe(204)
    expect(await login()).toBe(200)
    const old = served.sandbox.posti.credentials.password
    const { credentials } = (await post('/carriers/posti/rotate')).json()
    expect(credentials).toEqual(served.sandbox.posti.credentials)
    expect(await login(old)).toBe(401)
    expect(await login()).toBe(200)
    expect((await call('GET', '/carriers/posti')).json().counters.tokenRequests).toBe(before + 5)
  })

  test("lets Posti's hour pass", async () => {
    for (let i = 0; i < 5; i++) expect(await login('wrong-password')).toBe(401)
    expect(await login()).toBe(401)
    const { now } = (await call('GET', '/clock')).json()
    expect((await post('/clock', { advance: 3_600_000 })).json().now).toBeGreaterThanOrEqual(now + 3_600_000)
    expect(await login()).toBe(200)
  })

  test('opens and steers further accounts', async () => {
    const { credentials } = (await post('/carriers/sendcloud/accounts', { useOAuth2: true })).json()
    const account = credentials.publicKey
    expect((await post('/carriers/sendcloud/settings', { account, useOAuth2: false })).status).toBe(204)
    expect((await post('/carriers/sendcloud/rotate', { account })).json().credentials.publicKey).toBe(account)
    expect((await post('/carriers/sendcloud/lock', { account: 'nobody' })).status).toBe(404)
  })

  test('breaks and heals', async () => {
    expect((await post('/carriers/posti/fault', { endpoint: 'token', fault: 'unavailable', times: 1 })).status).toBe(
      204,
    )
    expect(await login()).toBe(503)
    expect(await login()).toBe(200)
    await post('/carriers/posti/fault', { endpoint: 'token', fault: 'throttled', retryAfter: 5 })
    expect(await login()).toBe(429)
    expect((await post('/carriers/posti/clear')).status).toBe(204)
    expect(await login()).toBe(200)
  })

  test('signs a certificate signing request, whatever its type', async () => {
    const { csr } = await createCsr()
    const answer = await call('POST', '/carriers/easypost-connect/csr', {
      body: csr,
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(/^-----BEGIN CERTIFICATE-----/)
    expect((await call('POST', '/carriers/posti/csr', { body: csr })).status).toBe(404)
    expect((await call('POST', '/carriers/easypost-connect/csr', { body: 'x' })).status).toBe(400)
  })

  test('masks every secret of the requests, and gives the same one the same fingerprint', async () => {
    const password = 'hunter2-hunter2'
    await login(password)
    await login(password)
    const { requests } = (await call('GET', '/carriers/posti/requests')).json()
    const [first, second] = requests.slice(-2)
    expect(first).toMatchObject({
      endpoint: 'token',
      method: 'POST',
      url: '/oauth/token?grant_type=client_credentials',
    })
    expect(first.headers.authorization).toMatch(/^Basic \[sha256:[0-9a-f]{8}\]$/)
    expect(second.headers.authorization).toBe(first.headers.authorization)
    const text = JSON.stringify(requests)
    const { username } = served.sandbox.posti.credentials
    expect(text).not.toContain(password)
    expect(text).not.toContain(Buffer.from(`${username}:${password}`).toString('base64'))
  })

  test('serves a valid OpenAPI document that has every route', async () => {
    const document = (await call('GET', '/openapi.json')).json()
    expect(await new Validator().validate(document)).toMatchObject({ valid: true })
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations as object)) {
        const { status } = await call(method.toUpperCase(), path.replace('{id}', 'nobody'))
        expect(`${method} ${path} ${status}`).not.toMatch(/405|500/)
      }
    }
  })

  test.each<[string, string, string, object, number]>([
    ['an unknown path', 'GET', '/', {}, 404],
    ['an unknown carrier', 'GET', '/carriers/dhl', {}, 404],
    ['a name that every object has', 'POST', '/carriers/constructor/lock', {}, 404],
    ['a wrong method', 'DELETE', '/carriers', {}, 405],
    ['a body that is no JSON', 'POST', '/carriers/posti/fault', { body: '{' }, 400],
    ['a body that is no object', 'POST', '/carriers/posti/fault', { body: '[1]' }, 400],
    ['an unknown member', 'POST', '/carriers/posti/lock', { body: '{"acount":"x"}' }, 400],
    ['an unknown fault', 'POST', '/carriers/posti/fault', { body: '{"endpoint":"token","fault":"constructor"}' }, 400],
    ['a clock that goes back', 'POST', '/clock', { body: '{"advance":-1}' }, 400],
    ['an endless clock', 'POST', '/clock', { body: '{"advance":1e300}' }, 400],
    ['a large body', 'POST', '/carriers/posti/fault', { body: 'x'.repeat(300_000) }, 413],
    ['a foreign Host', 'GET', '/carriers', { headers: { host: 'evil.example:4000' } }, 403],
    ['a foreign Origin', 'POST', '/carriers/posti/lock', { headers: { origin: 'http://evil.example' } }, 403],
    ['an Origin on another port', 'GET', '/carriers', { headers: { origin: 'http://127.0.0.1:1' } }, 403],
  ])('answers %s with a problem: %s %s', async (_, method, path, options, status) => {
    const answer = await call(method, path, options)
    expect(answer.status).toBe(status)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
  })

  test('takes its own Origin, and any loopback Host', async () => {
    const { host } = new URL(served.controlUrl)
    expect((await call('GET', '/carriers', { headers: { origin: `http://${host}` } })).status).toBe(200)
    for (const name of ['localhost:1', '127.0.0.2', '[::1]:80', 'a.localhost']) {
      expect((await call('GET', '/carriers', { headers: { host: name } })).status).toBe(200)
    }
  })
})
