import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import {
  type AccessToken,
  AuthError,
  type AuthErrorCode,
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  type OAuth2Options,
  oauth2,
} from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { hastyClock } from '../support/clock.ts'
import { type Answer, json, type Loopback, loopback } from '../support/loopback.ts'
import { tlsLoopback } from '../support/tls-loopback.ts'

const TOKEN = { access_token: 'abc', token_type: 'Bearer', expires_in: 3600 }
const TEXT = JSON.stringify(TOKEN)
const POSTI_REFUSAL = { status: 401, error: 'Unauthorized', message: 'Bad credentials', path: '/oauth/token' }
const INVALID = 'ERR_AUTH_TOKEN_RESPONSE_INVALID'
const UNAVAILABLE = 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
const THROTTLED = 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
const REJECTED = 'ERR_AUTH_CREDENTIALS_REJECTED'

const raw =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers)
    response.end(body)
  }
const says =
  (status: number, body: unknown, headers?: Record<string, string>): Answer =>
  (_, response) =>
    json(response, status, body, headers)

/** What an answer costs: token requests of a first call, and of that and a second one together. */
interface Row {
  readonly answer: Answer
  readonly outcome: 'token' | AuthErrorCode
  readonly requests: readonly [number, number]
  readonly timeout?: number
}
const kept = (answer: Answer): Row => ({ answer, outcome: 'token', requests: [1, 1] })
const refused = (answer: Answer): Row => ({ answer, outcome: REJECTED, requests: [1, 1] })
const throttled = (answer: Answer): Row => ({ answer, outcome: THROTTLED, requests: [1, 1] })
const wrong = (answer: Answer): Row => ({ answer, outcome: INVALID, requests: [1, 2] })
const garbage = (answer: Answer): Row => ({ answer, outcome: INVALID, requests: [3, 6] })
const down = (answer: Answer, timeout?: number): Row => ({
  answer,
  outcome: UNAVAILABLE,
  requests: [3, 6],
  ...(timeout !== undefined && { timeout }),
})

function forever(response: ServerResponse, chunk: string): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = (): void => {
    while (!response.destroyed && response.write(chunk)) {}
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

const ROWS: Readonly<Record<string, Row>> = {
  'a token': kept(says(200, TOKEN)),
  'a token that is over at once': {
    answer: says(200, { ...TOKEN, expires_in: 0 }),
    outcome: 'token',
    requests: [1, 2],
  },
  '201 with a token': kept(says(201, TOKEN)),
  '203 with a token': kept(says(203, TOKEN)),
  'a token as text/plain': kept(raw(200, TEXT, { 'content-type': 'text/plain' })),
  'a token as text/html': kept(raw(200, TEXT, { 'content-type': 'text/html; charset=utf-8' })),
  'a token as latin-1': kept(raw(200, TEXT, { 'content-type': 'application/json; charset=iso-8859-1' })),
  'a token under a Content-Type that is none': kept(raw(200, TEXT, { 'content-type': ';;;' })),
  'a token without Content-Type': kept(raw(200, TEXT)),
  'a token after a byte order mark': kept(raw(200, `\ufeff${TEXT}`, { 'content-type': 'application/json' })),
  'a token between blank lines': kept(raw(200, `\r\n\r\n ${TEXT} \n`)),
  'a token byte by byte': kept(async (_, response) => {
    for (const byte of Buffer.from(TEXT)) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }),
  'a token, compressed where the client can read that': kept((request, response) => {
    const encodes = /gzip/.test(String(request.headers['accept-encoding']))
    response.writeHead(200, encodes ? { 'content-encoding': 'gzip' } : {})
    response.end(encodes ? gzipSync(TEXT) : TEXT)
  }),
  'a token beside an error': kept(says(200, { ...TOKEN, error: 'invalid_client' })),
  'a token in 200 KiB': kept(says(200, { ...TOKEN, extra: 'x'.repeat(200 * 1024) })),

  'HTML with 200': garbage(raw(200, '<!doctype html><title>Maintenance</title>', { 'content-type': 'text/html' })),
  'nothing with 200': garbage(raw(200, '')),
  '204': garbage(raw(204, '')),
  'half an answer, as if it were whole': garbage(raw(200, TEXT.slice(0, 30))),
  'two answers at once': garbage(raw(200, TEXT + TEXT)),
  'form-encoded members': garbage(raw(200, 'access_token=abc&expires_in=3600')),
  'bytes that are no UTF-8': garbage(raw(200, createHash('sha512').update('noise').digest())),
  'null with 200': garbage(says(200, 'null')),

  'JSON without a token': wrong(says(200, { token_type: 'Bearer' })),
  'a token of another kind': wrong(says(200, { ...TOKEN, token_type: 'mac' })),
  'a token with a line break': wrong(says(200, { ...TOKEN, access_token: 'a\r\nSet-Cookie: b' })),
  'a list': wrong(says(200, [TOKEN])),
  '20 MB': wrong(raw(200, `{"access_token":"${'x'.repeat(20_000_000)}"}`)),
  'an answer without end': wrong((_, response) => forever(response, ' '.repeat(65_536))),
  'a compressed answer of 20 MB': wrong((request, response) => {
    const encodes = /gzip/.test(String(request.headers['accept-encoding']))
    const body = ' '.repeat(20_000_000)
    response.writeHead(200, encodes ? { 'content-encoding': 'gzip' } : {})
    response.end(encodes ? gzipSync(body) : body)
  }),

  'a refusal that is cut off': refused((_, response) => {
    response.writeHead(401, { 'content-length': '1000' })
    response.write('{"error"', () => response.destroy())
  }),
  'a refusal of 20 MB': refused(raw(401, 'x'.repeat(20_000_000))),
  'a refusal without end': {
    ...refused((_, response) => {
      response.writeHead(401)
      response.flushHeaders()
    }),
    timeout: 1000,
  },
  'a "slow down" that is cut off': throttled((_, response) => {
    response.writeHead(429, { 'content-length': '1000', 'retry-after': '60' })
    response.write('{', () => response.destroy())
  }),

  'a connection that is reset': down((request) => void request.socket.destroy()),
  'a connection that is reset amid the answer': down((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write(TEXT, () => response.destroy())
  }),
  'a chunked answer that is cut off': down((_, response) => {
    response.write(TEXT.slice(0, 10), () => response.destroy())
  }),
  'no answer at all': down(() => {}, 50),
  'a head without a body': down((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
  }, 50),
  'an answer that drips': down((_, response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write(' '), 5)
    response.on('close', () => clearInterval(drip))
  }, 50),
  'what is no HTTP': down((request) => void request.socket.end('220 mail.example.com ESMTP\r\n')),
  '500 with HTML': down(raw(500, '<h1>Internal Server Error</h1>', { 'content-type': 'text/html' })),
  '500 with server_error': down(says(500, { error: 'server_error' })),
  '502 with nothing': down(raw(502, '')),
  '503': down(says(503, {})),
  '504': down(raw(504, 'upstream timeout')),
  '408': down(raw(408, '')),
  '500 with a token': down(says(500, TOKEN)),

  '301': wrong(raw(301, '', { location: '/elsewhere' })),
  '302': wrong(raw(302, '', { location: '/elsewhere' })),
  '303': wrong(raw(303, '', { location: '/elsewhere' })),
  '307': wrong(raw(307, '', { location: '/elsewhere' })),
  '308': wrong(raw(308, '', { location: '/elsewhere' })),
  '302 without a location': wrong(raw(302, '')),
  '302 with a token': wrong(says(302, TOKEN, { location: '/elsewhere' })),
  '304': wrong(raw(304, '')),

  'invalid_client with 401': refused(says(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' })),
  'invalid_client with 400': refused(says(400, { error: 'invalid_client' })),
  'invalid_client with 200': refused(says(200, { error: 'invalid_client' })),
  'invalid_client with 500': refused(says(500, { error: 'invalid_client' })),
  'invalid_client as text/plain': refused(raw(400, '{"error":"invalid_client"}', { 'content-type': 'text/plain' })),
  unauthorized_client: refused(says(400, { error: 'unauthorized_client' })),
  'invalid_grant, as some call a wrong password': refused(says(400, { error: 'invalid_grant' })),
  'Posti’s refusal': refused(says(401, POSTI_REFUSAL)),
  '401 with nothing': refused(raw(401, '')),
  '401 with HTML': refused(raw(401, '<h1>401</h1>', { 'content-type': 'text/html' })),
  '401 with a token': refused(says(401, TOKEN)),
  '403': refused(says(403, { message: 'Forbidden' })),

  '429': throttled(says(429, {})),
  '429 with Retry-After': throttled(says(429, {}, { 'retry-after': '120' })),
  '429 with a Retry-After of 0': throttled(says(429, {}, { 'retry-after': '0' })),
  '429 that says invalid_client': throttled(says(429, { error: 'invalid_client' })),
  '503 with Retry-After': throttled(says(503, {}, { 'retry-after': '120' })),

  invalid_request: wrong(says(400, { error: 'invalid_request' })),
  invalid_scope: wrong(says(400, { error: 'invalid_scope' })),
  unsupported_grant_type: wrong(says(400, { error: 'unsupported_grant_type' })),
  '400 with text': wrong(raw(400, 'Bad Request')),
  '404': wrong(raw(404, 'not found')),
  '405': wrong(raw(405, '')),
  '415': wrong(raw(415, '')),
}

let certificate: { cert: string; key: string }
beforeAll(async () => {
  certificate = await selfSigned()
})

interface Transport {
  serve(answer: Answer): Promise<Loopback>
  readonly options: () => Partial<OAuth2Options>
}
const transports: Readonly<Record<string, Transport>> = {
  'the global fetch': { serve: loopback, options: () => ({ allowInsecureLoopback: true }) },
  'node:https, for a private authority': {
    serve: (answer) => tlsLoopback(certificate, answer),
    options: () => ({ ca: certificate.cert }),
  },
}

async function outcomeOf(source: ReturnType<typeof oauth2>): Promise<'token' | AuthErrorCode> {
  try {
    const token = await source.token()
    expect(token.value).toBe('abc')
    return 'token'
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return error.code
  }
}

describe.each(Object.entries(transports))('by way of %s', (_, { serve, options }) => {
  test.each(Object.entries(ROWS))('%s', async (_, row) => {
    const server = await serve(row.answer)
    let attempts = 0
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      clock: hastyClock(),
      onEvent: ({ type }) => {
        if (type === 'token-requested') attempts++
      },
      ...(row.timeout !== undefined && { timeout: row.timeout }),
      ...options(),
    })
    const outcomes: string[] = []
    const counts: number[] = []
    for (let call = 0; call < 2; call++) {
      outcomes.push(await outcomeOf(source))
      counts.push(attempts)
    }
    expect({ outcomes, counts }).toEqual({ outcomes: [row.outcome, row.outcome], counts: [...row.requests] })
    // A short timeout may end before the connection is made.
    if (row.timeout === undefined) expect(server.requests).toHaveLength(attempts)
    // Nothing but the token endpoint was asked: no redirect was followed.
    for (const { line } of server.requests) expect(line).toBe('POST /token')
  })

  test('a status that is none of HTTP’s is a failure like any other', async () => {
    const server = await serve(raw(999, TEXT))
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      clock: hastyClock(),
      ...options(),
    })
    await expect(source.token()).rejects.toMatchObject({ code: UNAVAILABLE })
  })

  test('a refused connection is named, and tried again', async () => {
    const server = await serve(says(200, TOKEN))
    await server.close()
    const clock = hastyClock()
    const start = clock.now()
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      clock,
      ...options(),
    })
    await expect(source.token()).rejects.toThrow('the token endpoint could not be reached (ECONNREFUSED)')
    expect(clock.now()).toBeGreaterThan(start)
  })
})

async function sent(
  options: Partial<OAuth2Options>,
): Promise<{ request: Loopback['requests'][number]; token: AccessToken }> {
  const server = await loopback(says(200, TOKEN))
  const source = oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    ...options,
    ...(options.tokenEndpoint !== undefined && { tokenEndpoint: server.origin + options.tokenEndpoint }),
  })
  const token = await source.token()
  return { request: server.requests[0] as Loopback['requests'][number], token }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

describe('the request', () => {
  test('is a form by default, without a charset', async () => {
    const { request } = await sent({ clientAuth: clientSecretPost('client', 'sec ret&=+%ü') })
    expect(request.line).toBe('POST /token')
    expect(request.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(request.headers.authorization).toBeUndefined()
    expect(request.body).toBe('grant_type=client_credentials&client_id=client&client_secret=sec+ret%26%3D%2B%25%C3%BC')
  })

  test('has the parameters of the grant, a list of resources one by one', async () => {
    const grant = clientCredentials({
      scope: ['a', 'b'],
      audience: 'https://api.example.com',
      resource: ['https://one.example', 'https://two.example'],
      parameters: { account: '42' },
    })
    const { request } = await sent({ grant, clientAuth: clientSecretBasic('id', 'secret') })
    expect([...new URLSearchParams(request.body)]).toEqual([
      ['grant_type', 'client_credentials'],
      ['scope', 'a b'],
      ['audience', 'https://api.example.com'],
      ['resource', 'https://one.example'],
      ['resource', 'https://two.example'],
      ['account', '42'],
    ])
  })

  test('has no body and no Content-Type when the grant rides in the query', async () => {
    const { request } = await sent({
      grant: clientCredentials({ placement: 'query', scope: 'a b' }),
      clientAuth: clientSecretBasic('accountname', 'secret'),
    })
    expect(request.line).toBe('POST /token?grant_type=client_credentials&scope=a+b')
    expect(request.body).toBe('')
    expect(request.headers['content-length']).toBe('0')
    expect(request.headers['content-type']).toBeUndefined()
    expect(request.headers.authorization).toBe('Basic YWNjb3VudG5hbWU6c2VjcmV0')
  })

  test('has each parameter once, should the endpoint’s own URL have it already', async () => {
    const { request } = await sent({
      tokenEndpoint: '/token?tenant=1&grant_type=client_credentials',
      grant: clientCredentials({ placement: 'query' }),
      clientAuth: clientSecretBasic('id', 'secret'),
    })
    expect(request.line).toBe('POST /token?tenant=1&grant_type=client_credentials')
  })

  test('keeps the secret in the body, wherever the grant is', async () => {
    const { request } = await sent({ grant: clientCredentials({ placement: 'query' }) })
    expect(request.line).toBe('POST /token?grant_type=client_credentials')
    expect(request.body).toBe('client_id=client&client_secret=secret')
  })

  test('may be JSON', async () => {
    const { request } = await sent({
      encoding: 'json',
      grant: clientCredentials({ resource: ['https://one.example', 'https://two.example'] }),
    })
    expect(request.headers['content-type']).toBe('application/json')
    expect(JSON.parse(request.body)).toEqual({
      grant_type: 'client_credentials',
      resource: ['https://one.example', 'https://two.example'],
      client_id: 'client',
      client_secret: 'secret',
    })
  })

  test('may carry further headers, read anew each time', async () => {
    let n = 0
    const { request } = await sent({
      headers: { 'X-Merchant-Id': 'merchant', 'Consumer-Key': async () => `key-${++n}` },
    })
    expect(request.headers).toMatchObject({ 'x-merchant-id': 'merchant', 'consumer-key': 'key-1' })
  })

  test('may rename the client’s own parameters', async () => {
    const { request } = await sent({
      clientAuth: clientSecretPost('id', 'secret', { names: { id: 'clientId', secret: 'clientSecret' } }),
    })
    expect(request.body).toBe('grant_type=client_credentials&clientId=id&clientSecret=secret')
  })
})

describe('the response', () => {
  test('may hold token and lifetime in headers, with a body that is none', async () => {
    const server = await loopback(raw(204, '', { 'x-dpd-token': 'abc', 'x-dpd-expires-in': '60' }))
    const clock = hastyClock()
    const source = oauth2({
      tokenEndpoint: `${server.origin}/login`,
      clientAuth: clientSecretPost('client', 'secret'),
      allowInsecureLoopback: true,
      clock,
      response: { accessToken: { header: 'X-DPD-Token' }, expiresIn: { header: 'X-DPD-Expires-In' } },
    })
    expect(await source.token()).toMatchObject({ expiresAt: clock.now() + 60_000 })
  })

  test('may hold the error’s code elsewhere', async () => {
    const server = await loopback(says(400, { fault: { detail: { errorcode: 'E-17' } } }))
    const source = oauth2({
      tokenEndpoint: `${server.origin}/login`,
      clientAuth: clientSecretPost('client', 'secret'),
      allowInsecureLoopback: true,
      response: { error: 'fault.detail.errorcode' },
      rejected: [{ error: 'E-17' }],
    })
    await expect(source.token()).rejects.toMatchObject({ code: REJECTED, error: 'E-17', status: 400 })
  })

  test.each([
    ['seconds', '120', 120_000],
    ['a fraction of a second', '1.5', 1500],
    ['zero', '0', 1000],
    ['a date', 'Thu, 01 Jan 2026 00:03:00 GMT', 180_000],
    ['a date that is over', 'Wed, 31 Dec 2025 23:00:00 GMT', 1000],
    ['a year', '31536000', 86_400_000],
    ['nothing', '', 60_000],
    ['a word', 'soon', 60_000],
    ['a negative number', '-5', 60_000],
    ['a number with a unit', '5 minutes', 60_000],
  ])('Retry-After of %s (%s) is a pause of %d ms', async (_, value, pause) => {
    const server = await loopback(says(429, {}, { 'retry-after': value }))
    const clock = hastyClock(Date.UTC(2026, 0, 1))
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'secret'),
      allowInsecureLoopback: true,
      clock,
    })
    await expect(source.token()).rejects.toMatchObject({ code: THROTTLED, retryAt: clock.now() + pause })
  })

  test('a client called "client" is refused like any other', async () => {
    const server = await loopback(says(400, { error: 'invalid_client' }))
    const source = oauth2({
      tokenEndpoint: `${server.origin}/token`,
      clientAuth: clientSecretPost('client', 'client'),
      allowInsecureLoopback: true,
    })
    await expect(source.token()).rejects.toMatchObject({ code: REJECTED, error: 'invalid_client' })
  })
})

describe('client_secret_basic', () => {
  const headerOf = async (...args: Parameters<typeof clientSecretBasic>): Promise<string | undefined> =>
    (await sent({ clientAuth: clientSecretBasic(...args) })).request.headers.authorization

  test.each([
    ['plain', 'accountname', 'secret'],
    ['UTF-8', 'käyttäjä', 'salasana-ÅÄÖ-€-🔑'],
    ['a plus, a percent sign and an ampersand', 'a+b', '100%&=+/ 20%41'],
    ['a colon in the password', 'user', 'pass:word:'],
    ['spaces in the middle', 'my client', 'my secret'],
  ])('joins the two as they are: %s', async (_, id, secret) => {
    expect(await headerOf(id, secret)).toBe(`Basic ${base64(`${id}:${secret}`)}`)
  })

  test.each([
    ['UTF-8', 'käyttäjä', '€', 'k%C3%A4ytt%C3%A4j%C3%A4:%E2%82%AC'],
    ['a plus, a percent sign, a space', 'a+b', '100% sure', 'a%2Bb:100%25+sure'],
    ['a colon in the id', 'urn:client', 'p:w', 'urn%3Aclient:p%3Aw'],
    ['what needs no encoding', 'a-b_c.d*', 'e', 'a-b_c.d*:e'],
  ])('form-encodes the two first where that is asked for: %s', async (_, id, secret, joined) => {
    expect(await headerOf(id, secret, { encoding: 'form' })).toBe(`Basic ${base64(joined)}`)
  })
})

test('a vault that never answers fails those who wait, and not the next call', async () => {
  const server = await loopback(says(200, TOKEN))
  let answers = false
  const source = oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost('client', () => (answers ? 'secret' : new Promise<string>(() => {}))),
    allowInsecureLoopback: true,
    timeout: 2000,
  })
  await Promise.all([1, 2].map(() => expect(source.token()).rejects.toThrow('did not answer within 2000 ms')))
  expect(server.requests).toHaveLength(0)
  answers = true
  expect((await source.token()).value).toBe(TOKEN.access_token)
})

test('a fetch of the user’s own that does not listen to its signal is given up all the same', async () => {
  let calls = 0
  const source = oauth2({
    tokenEndpoint: 'https://auth.example.com/token',
    clientAuth: clientSecretPost('client', 'secret'),
    fetch: () => {
      calls++
      return new Promise(() => {})
    },
    timeout: 10.5,
    clock: hastyClock(),
  })
  await expect(source.token()).rejects.toThrow('the token endpoint did not answer within 10.5 ms')
  expect(calls).toBe(3)
})
