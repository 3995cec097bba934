import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { apiFault, faultNames, tokenFault } from '../src/fault-catalog.ts'
import { type Sandbox, startSandbox } from '../src/index.ts'
import { createCsr } from '../src/pki.ts'
import { HOUR, manualClock } from './support/clock.ts'
import { FORM, form, type Reply, request } from './support/request.ts'

const clock = manualClock()
let sandbox: Sandbox<'nz-post' | 'royal-mail-shipping'>
beforeAll(async () => {
  sandbox = await startSandbox({ carriers: ['nz-post', 'royal-mail-shipping'], clock })
})
afterEach(() => sandbox.nzPost.control.faults.clear())
afterAll(() => sandbox.close())

function login(): Promise<Reply> {
  const { clientId, clientSecret } = sandbox.nzPost.credentials
  return request(sandbox.nzPost.options.tokenEndpoint, {
    method: 'POST',
    headers: FORM,
    body: form({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    ca: sandbox.authority.certificate,
  })
}

describe('the catalogue of faults', () => {
  const SHOWN: Readonly<Record<string, object>> = {
    unavailable: { status: 503 },
    throttled: { status: 429 },
    html: { status: 200, text: expect.stringContaining('<!doctype html>') },
    empty: { status: 200, text: '' },
    text: { status: 401, text: 'Unauthorized' },
    xml: { status: 401, text: expect.stringContaining('<?xml') },
    forbidden: { status: 403 },
    'throttled-as-403': { status: 403 },
    'headers-only': { status: 401, text: '', headers: expect.objectContaining({ error: 'invalid_client' }) },
    'refused-with-200': { status: 200, text: expect.stringContaining('invalid_client') },
    redirect: { status: 302 },
    'byte-order-mark': { status: 200, text: expect.stringMatching(/^\uFEFF\{/) },
    truncated: { status: 200, text: expect.not.stringContaining('}') },
    'token-type-upper-case': { json: expect.objectContaining({ token_type: 'BEARER' }) },
    'token-type-lower-case': { json: expect.objectContaining({ token_type: 'bearer' }) },
    'token-type-missing': { json: expect.not.objectContaining({ token_type: expect.anything() }) },
    'expires-in-string': { json: expect.objectContaining({ expires_in: '86399' }) },
    'expires-in-milliseconds': { json: expect.objectContaining({ expires_in: 86_399_000 }) },
    'expires-at': { json: expect.objectContaining({ expires_at: expect.stringMatching(/^\d{4}-.*Z$/) }) },
    'expires-in-missing': { json: expect.not.objectContaining({ expires_in: expect.anything() }) },
    'expires-in-zero': { json: expect.objectContaining({ expires_in: 0 }) },
    'expires-in-negative': { json: expect.objectContaining({ expires_in: -1 }) },
    'extra-members': { json: expect.objectContaining({ issued_at: '0' }) },
  }

  test.each(Object.entries(SHOWN))('shows %s at a token endpoint', async (name, shown) => {
    sandbox.nzPost.control.faults.tokenEndpoint(tokenFault(name) as never)
    expect(await login()).toMatchObject(shown)
  })

  test('has no other faults but those, and three that are told by what does not come', () => {
    const others = ['hang', 'disconnect', 'same-token']
    expect(faultNames('token').toSorted()).toEqual([...Object.keys(SHOWN), ...others].toSorted())
  })

  test('gives out the same token with less life each time', async () => {
    sandbox.nzPost.control.faults.tokenEndpoint(tokenFault('same-token') as never)
    const [first, second] = [(await login()).json, (await login()).json]
    expect(second.access_token).toBe(first.access_token)
    expect([first.expires_in, second.expires_in]).toEqual([86_399, 43_199])
  })

  test.each([
    ['expired-as-403', 403],
    ['permission-as-401', 401],
    ['unauthorized', 401],
  ])('shows %s at an API', async (name, status) => {
    sandbox.nzPost.control.faults.api(apiFault(name) as never)
    const ca = sandbox.authority.certificate
    expect((await request(`${sandbox.nzPost.baseUrl}/labels/domestic`, { ca })).status).toBe(status)
  })

  test('leaves alone what is no JSON object', async () => {
    const { control, options } = sandbox.royalMailShipping
    control.faults.tokenEndpoint(tokenFault('expires-in-string') as never)
    const ask = request(String(options.tokenEndpoint), { method: 'POST', ca: sandbox.authority.certificate })
    expect((await ask).status).toBe(401)
  })
})

describe('time', () => {
  test("shows the machine's time in Date, or the sandbox's, ahead by the skew", async () => {
    expect(Math.abs(Date.parse(String((await login()).headers.date)) - Date.now())).toBeLessThan(HOUR)
    const skewed = await startSandbox({ carriers: ['nz-post'], clock, clockSkew: HOUR, dateHeader: 'sandbox' })
    try {
      const { headers } = await request(skewed.nzPost.baseUrl, { ca: skewed.authority.certificate })
      expect(Date.parse(String(headers.date))).toBe(Math.floor((clock.now() + HOUR) / 1000) * 1000)
    } finally {
      await skewed.close()
    }
  })

  test('refuses a client certificate that was issued and has expired, and takes one that has not', async () => {
    const carriers = await startSandbox({
      carriers: ['easypost-connect'],
      easypostConnect: { certificateExpiresAt: Date.now() - 1000 },
    })
    try {
      const { control, credentials, baseUrl } = carriers.easypostConnect
      const ask = (tls: { cert: string; key: string }) =>
        request(`${baseUrl}/jobs`, { ca: carriers.authority.certificate, ...tls })
      await expect(ask(credentials.tls)).rejects.toThrow(/certificate expired|ECONNRESET|socket hang up/i)
      const { csr, key } = await createCsr()
      await expect(ask({ cert: String(await control.submitCsr(csr)), key })).rejects.toThrow()
      const later = await control.createAccount({ certificateExpiresAt: Date.now() + HOUR })
      expect((await ask(later.tls)).status).toBe(401)
    } finally {
      await carriers.close()
    }
  })
})
