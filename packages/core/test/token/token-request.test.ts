import {
  type ClientAuth,
  clientCredentials,
  clientSecretBasic,
  clientSecretHeaders,
  clientSecretPost,
  type Grant,
  memoryStore,
  type OAuth2Options,
  oauth2,
  password,
} from '@auth/core'
import { describe, expect, test } from 'vitest'
import { hastyClock } from '../support/clock.ts'
import { type Answer, json, type Loopback, loopback } from '../support/loopback.ts'

const TOKEN = { access_token: 'abc', token_type: 'Bearer', expires_in: 3600 }
const says =
  (body: unknown, status = 200): Answer =>
  (_, response) =>
    json(response, status, body)

function source(server: Loopback, options: Partial<OAuth2Options> = {}) {
  return oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    clock: hastyClock(),
    ...options,
  })
}

async function sent(options: Partial<OAuth2Options>, path = '/token') {
  const server = await loopback(says(TOKEN))
  await source(server, { tokenEndpoint: `${server.origin}${path}`, ...options }).token()
  const [request] = server.requests
  if (request === undefined) throw new Error('no request')
  return request
}

const IBM = { id: 'X-IBM-Client-Id', secret: 'X-IBM-Client-Secret' }

describe('clientSecretHeaders', () => {
  test('sends id and secret as two headers, and nothing of them in the body', async () => {
    const request = await sent({
      clientAuth: clientSecretHeaders(IBM, 'shop', async () => 's3cret!'),
      grant: clientCredentials({ scope: 'merchant' }),
    })
    expect(request.headers).toMatchObject({ 'x-ibm-client-id': 'shop', 'x-ibm-client-secret': 's3cret!' })
    expect(request.body).toBe('grant_type=client_credentials&scope=merchant')
  })

  test('refuses what no header can carry, and a name that is no header’s', () => {
    expect(() => clientSecretHeaders(IBM, 'shop', 'se\ncret')).toThrow(/^clientSecret: /)
    expect(() => clientSecretHeaders({ id: 'X Id', secret: 'X-S' }, 'shop', 's')).toThrow(/^id: must be the name of/)
    expect(() => clientSecretHeaders({ id: 'X-Id' } as never, 'shop', 's')).toThrow('secret: is missing')
  })
})

describe('the password grant', () => {
  const grant = password({ username: 'shop-user', password: () => 'p&ss wörd', scope: ['a', 'b'] })

  test('sends user name and password beside the client’s credentials', async () => {
    const { body } = await sent({ grant })
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'password',
      scope: 'a b',
      username: 'shop-user',
      password: 'p&ss wörd',
      client_id: 'client',
      client_secret: 'secret',
    })
  })

  test('a rejected password is tried once, and a changed one at once', async () => {
    const server = await loopback(says({ error: 'invalid_grant' }, 400))
    let current = 'old'
    const tokens = source(server, { grant: password({ username: 'shop-user', password: () => current }) })
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(server.requests).toHaveLength(1)
    current = 'new'
    await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(server.requests).toHaveLength(2)
  })

  test('two users of one client do not share a token through a store', async () => {
    const server = await loopback((request, response) => {
      const name = new URLSearchParams(request.body).get('username')
      json(response, 200, { ...TOKEN, access_token: `token-of-${name}` })
    })
    const store = memoryStore()
    const of = (username: string) => source(server, { store, grant: password({ username, password: 'same' }) })
    expect([(await of('one').token()).value, (await of('two').token()).value]).toEqual(['token-of-one', 'token-of-two'])
    expect((await of('one').token()).value).toBe('token-of-one')
    expect(server.requests).toHaveLength(2)
  })

  test('is checked at once', () => {
    expect(() => password({ username: '', password: 'p' })).toThrow(/^username: /)
    expect(() => password({ username: 'u' } as never)).toThrow(/^password: /)
    expect(() => password({ username: 'u', password: 'p', scopes: 'a' } as never)).toThrow('did you mean `scope`?')
  })
})

describe('grants and client authentications of one’s own', () => {
  test('a promise of `apply` is waited for', async () => {
    const clientAuth: ClientAuth = {
      method: 'slow',
      credential: () => ({ id: 'client', fingerprint: 'key-1' }),
      async apply({ url, headers }) {
        await new Promise((resolve) => setImmediate(resolve))
        headers['x-assertion'] = `for ${url}`
      },
    }
    const server = await loopback(says(TOKEN))
    await source(server, { clientAuth }).token()
    expect(server.requests[0]?.headers['x-assertion']).toBe(`for ${server.origin}/token`)
  })

  test('credentials that differ each time are one account where their fingerprint is the same', async () => {
    const server = await loopback(says({ error: 'invalid_client' }, 401))
    let assertions = 0
    const clientAuth: ClientAuth = {
      method: 'assertion',
      credential: () => ({ id: 'client', secret: `assertion-${++assertions}`, fingerprint: 'key-1' }),
      apply: ({ parameters }, { secret = '' }) => void parameters.push(['client_assertion', secret]),
    }
    const tokens = source(server, { clientAuth, store: memoryStore() })
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
    expect(server.requests).toHaveLength(1)
  })

  test('`accept` is shown the answer before the token is used', async () => {
    const order: string[] = []
    const grant: Grant = {
      parameters: [['grant_type', 'csp_credentials']],
      placement: 'body',
      credential: () => ({ id: 'child', secret: 'child-secret' }),
      apply: ({ parameters }, { id, secret = '' }) => void parameters.push(['child_Key', id], ['child_secret', secret]),
      async accept(answer) {
        await Promise.resolve()
        order.push((answer as typeof TOKEN).access_token)
      },
    }
    const server = await loopback(says(TOKEN))
    await source(server, { grant }).token()
    order.push('used')
    expect(order).toEqual(['abc', 'used'])
    expect(server.requests[0]?.body).toBe(
      'grant_type=csp_credentials&child_Key=child&child_secret=child-secret&client_id=client&client_secret=secret',
    )
  })
})

describe('the endpoint’s own query', () => {
  const inQuery = { clientAuth: clientSecretBasic('a', 'b'), grant: clientCredentials({ placement: 'query' }) } as const

  test.each([
    [
      '/token?tenant=a%20b&debug&x=%2F+y&grant_type=other',
      inQuery,
      '/token?tenant=a%20b&debug&x=%2F+y&grant_type=client_credentials',
    ],
    ['/token?debug', inQuery, '/token?debug&grant_type=client_credentials'],
    ['/token?tenant=a%20b&debug', {}, '/token?tenant=a%20b&debug'],
    ['/token?%67rant_type=other', inQuery, '/token?grant_type=client_credentials'],
  ] satisfies [string, Partial<OAuth2Options>, string][])('%s is kept byte for byte', async (path, options, line) => {
    expect((await sent(options, path)).line).toBe(`POST ${line}`)
  })
})

describe('GET', () => {
  test('puts the grant into the query, and the secret into headers', async () => {
    const request = await sent({ method: 'GET', clientAuth: clientSecretBasic('a', 'b') }, '/token?v=1')
    expect(request).toMatchObject({ line: 'GET /token?v=1&grant_type=client_credentials', body: '' })
    expect(request.headers.authorization).toBe(`Basic ${btoa('a:b')}`)
    expect(request.headers['content-type']).toBeUndefined()
  })

  test.each([
    ['a client secret', {}],
    ['a password', { clientAuth: clientSecretBasic('a', 'b'), grant: password({ username: 'u', password: 'p' }) }],
  ] satisfies [string, Partial<OAuth2Options>][])('does not put %s into the URL', async (_, options) => {
    const server = await loopback(says(TOKEN))
    const failed = source(server, { method: 'GET', ...options }).token()
    await expect(failed).rejects.toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'method' })
    expect(server.requests).toHaveLength(0)
  })
})

describe('an answer that is out of the ordinary', () => {
  test.each([
    ['jwt', ['jwt']],
    ['BearerToken', [/^bearer/i]],
    ['BEARERTOKEN', ['Bearer', 'BearerToken']],
    ['mac', [/a/g]],
  ] satisfies [string, (string | RegExp)[]][])('a token_type of %s may be accepted', async (type, tokenTypes) => {
    const server = await loopback(says({ ...TOKEN, token_type: type }))
    const tokens = source(server, { response: { tokenTypes } })
    expect((await tokens.token()).value).toBe('abc')
    expect((await source(server, { response: { tokenTypes } }).token()).value).toBe('abc')
  })

  test('a token_type that no pattern matches is refused', async () => {
    const server = await loopback(says({ ...TOKEN, token_type: 'DPoP' }))
    await expect(source(server, { response: { tokenTypes: ['jwt', /^Bearer/] } }).token()).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID',
      message: "the token endpoint's answer has another token_type",
    })
  })

  test('a lifetime in minutes', async () => {
    const clock = hastyClock()
    const server = await loopback(says({ ...TOKEN, expires_in: '60' }))
    const token = await source(server, { clock, response: { unit: 'min' } }).token()
    expect(token.lifetime).toBe(60 * 60_000)
  })

  test('a token in a header of the answer', async () => {
    const server = await loopback((_, response) => {
      response.writeHead(200, { 'x-dpd-token': 'from-a-header' })
      response.end()
    })
    const token = await source(server, { response: { accessToken: { header: 'X-DPD-TOKEN' } } }).token()
    expect(token.value).toBe('from-a-header')
  })
})

describe('a secret that the endpoint repeats', () => {
  const SECRET = 'top-secret+value/42'
  const bytes = Buffer.from(SECRET)
  const forms = {
    hex: bytes.toString('hex'),
    HEX: bytes.toString('hex').toUpperCase(),
    'a part of the hex': bytes.toString('hex').slice(8, 24),
    base64url: bytes.toString('base64url'),
    'base64url of more': Buffer.from(`x:${SECRET}`).toString('base64url'),
    'base64 without its end': bytes.toString('base64').replace(/=+$/, '').replace('+', '').slice(0, 12),
    'URL-encoded, in part': encodeURIComponent(SECRET).slice(0, 10),
  }

  test.each(Object.entries(forms))('as %s is not shown', async (_, code) => {
    const server = await loopback(says({ error: code }, 401))
    const tokens = source(server, { clientAuth: clientSecretPost('client', SECRET) })
    const error: unknown = await Promise.resolve(tokens.token()).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_AUTH_CREDENTIALS_REJECTED', error: undefined })
    expect(String(error)).not.toContain(code)
  })
})
