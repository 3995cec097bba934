import { hash, X509Certificate } from 'node:crypto'
import express, { type RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  clientCertificate,
  getIdentity,
  hashApiKey,
  jwt,
  type Policy,
  requireAuth,
  requireScope,
} from '../src/index.ts'
import { AUDIENCE, ISSUER, issuer } from './support/issuer.ts'
import { authority } from './support/pki.ts'
import { type Running, serve } from './support/server.ts'

const KEY = 'acme-key-0123456789'
const acmeKey = { id: 'key-7', hash: hashApiKey(KEY), party: 'acme', scope: ['labels:read'] }
const echo: RequestHandler = (request, response) => void response.json(getIdentity(request))

function protect(policy: Policy, ...further: RequestHandler[]): Promise<Running> {
  const app = express()
  app.all('/', requireAuth(policy), ...further, echo)
  return serve(app)
}
const passwords = basic({
  realm: 'labels',
  verify: async (username, password) =>
    username === 'acme' && password === 'pa:ss wörd' ? { party: 'acme', scope: ['labels:read'] } : undefined,
})
const pair = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const signer = await issuer()
const tokens = bearer(jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: signer.jwks }))

describe('one layer', () => {
  test('an API key is accepted, and says whose it is', async () => {
    const { send } = await protect(apiKey({ keys: [acmeKey] }))
    const { status, json } = await send({ headers: { 'X-Api-Key': KEY } })
    expect(status).toBe(200)
    expect(json).toEqual({
      party: 'acme',
      scope: ['labels:read'],
      layers: { apiKey: { id: 'key-7', party: 'acme', scope: ['labels:read'] } },
    })
  })

  test('a missing key is 401 with a challenge and problem details', async () => {
    const { send } = await protect(apiKey({ keys: [acmeKey] }))
    const { status, headers, json } = await send()
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe('ApiKey realm="api", header="x-api-key"')
    expect(headers['content-type']).toBe('application/problem+json')
    expect(json).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'The request lacks credentials that this resource needs.',
      code: 'credentials_missing',
    })
  })

  test('two key headers are 400, also when both are right', async () => {
    const { send } = await protect(apiKey({ keys: [acmeKey] }))
    expect((await send({ headers: { 'x-api-key': [KEY, KEY] } })).status).toBe(400)
  })

  test('Basic takes colons and UTF-8 in the password, and asks for UTF-8', async () => {
    const { send } = await protect(passwords)
    const accepted = await send({ headers: { authorization: pair('acme:pa:ss wörd') } })
    expect(accepted.json).toMatchObject({ party: 'acme', layers: { basic: { username: 'acme' } } })
    const cut = await send({ headers: { authorization: pair('acme:pa') } })
    expect(cut.status).toBe(401)
    expect(cut.headers['www-authenticate']).toBe('Basic realm="labels", charset="UTF-8"')
  })

  test('an unknown user and a wrong password get the same answer', async () => {
    const { send } = await protect(passwords)
    const [unknown, wrong] = await Promise.all(
      ['nobody:pa:ss wörd', 'acme:wrong'].map((text) => send({ headers: { authorization: pair(text) } })),
    )
    expect(unknown?.text).toBe(wrong?.text)
    expect(unknown?.headers['www-authenticate']).toBe(wrong?.headers['www-authenticate'])
  })

  test('a user store that fails is 503, and its message stays inside', async () => {
    const { send } = await protect(
      basic({
        verify: () => {
          throw new Error('db-17 down')
        },
      }),
    )
    const { status, text } = await send({ headers: { authorization: pair('a:b') } })
    expect(status).toBe(503)
    expect(text).not.toContain('db-17')
  })

  test('a JWT is accepted, with its claims', async () => {
    const { send } = await protect(tokens)
    const { json } = await send({ headers: { authorization: `bearer ${await signer.token()}` } })
    expect(json).toMatchObject({ party: 'acme', scope: ['labels:read', 'labels:write'] })
    expect(json.layers.bearer.claims).toMatchObject({ iss: ISSUER, sub: 'acme' })
  })

  test('RFC 6750: no error code without a token, invalid_token for a bad one, invalid_request for a malformed one', async () => {
    const { send } = await protect(tokens)
    const challenge = async (headers: Record<string, string | string[]>) => {
      const { status, headers: got } = await send({ headers })
      return [status, got['www-authenticate']]
    }
    const good = `Bearer ${await signer.token()}`
    expect(await challenge({})).toEqual([401, 'Bearer realm="api"'])
    expect(await challenge({ authorization: 'Basic YTpi' })).toEqual([401, 'Bearer realm="api"'])
    expect(await challenge({ authorization: 'Bearer nonsense' })).toEqual([
      401,
      'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or has expired"',
    ])
    const malformed =
      'Bearer realm="api", error="invalid_request", error_description="The Authorization header is malformed or repeated"'
    expect(await challenge({ authorization: 'Bearer' })).toEqual([400, malformed])
    expect(await challenge({ authorization: `${good}, ${good}` })).toEqual([400, malformed])
    expect(await challenge({ authorization: [good, good] })).toEqual([400, malformed])
    expect(await challenge({ authorization: ['Basic YTpi', good] })).toEqual([400, malformed])
  })

  test('a token in the query is no token', async () => {
    const { send } = await protect(tokens)
    expect((await send({ path: `/?access_token=${await signer.token()}` })).status).toBe(401)
  })

  test('a scope that the verifier or the route needs and the token lacks is 403 insufficient_scope', async () => {
    const verifier = jwt({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: signer.jwks,
      requiredScope: 'labels:read labels:void',
    })
    const headers = { authorization: `Bearer ${await signer.token()}` }
    for (const running of [
      await protect(bearer(verifier)),
      await protect(tokens, requireScope('labels:read', 'labels:void')),
    ]) {
      const { status, headers: got, json } = await running.send({ headers })
      expect(status).toBe(403)
      expect(got['www-authenticate']).toMatch(
        /^Bearer realm="api", error="insufficient_scope", .*scope="[^"]*labels:void"$/,
      )
      expect(json.code).toBe('insufficient_scope')
    }
    const granted = await protect(tokens, requireScope('labels:read'))
    expect((await granted.send({ headers })).status).toBe(200)
  })

  test('a key without the scope that the route needs is 403, without a challenge for tokens', async () => {
    const { send } = await protect(apiKey({ keys: [acmeKey] }), requireScope('labels:void'))
    const { status, headers } = await send({ headers: { 'x-api-key': KEY } })
    expect([status, headers['www-authenticate']]).toEqual([403, undefined])
  })

  test('OPTIONS and HEAD are no way around', async () => {
    const { send } = await protect(tokens)
    const preflight = { 'access-control-request-headers': 'authorization', origin: 'https://evil.example' }
    expect((await send({ method: 'OPTIONS', headers: preflight })).status).toBe(401)
    expect((await send({ method: 'HEAD' })).status).toBe(401)
  })
})

describe('a client certificate', async () => {
  const ca = await authority()
  const server = await ca.issue('CN=localhost', { usage: 'server' })
  const acme = await ca.issue('CN=acme, O=Acme')
  const globex = await ca.issue('CN=globex')
  const expired = await ca.issue('CN=acme', { notAfter: new Date(Date.now() - 1000) })
  const foreign = await (await authority('CN=Other CA')).issue('CN=acme')

  function protectTls(policy: Policy): Promise<Running> {
    const app = express()
    app.get('/', requireAuth(policy), echo)
    return serve(app, { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false })
  }
  const withCertificate = (tls: object) => ({ tls: { ca: ca.cert, ...tls } })
  const thumbprint = hash('sha256', new X509Certificate(acme.cert).raw, 'base64url')

  test('names the party by its CN', async () => {
    const { send } = await protectTls(clientCertificate())
    const { status, json } = await send(withCertificate(acme))
    expect(status).toBe(200)
    expect(json).toMatchObject({ party: 'acme', layers: { clientCertificate: { thumbprint } } })
  })

  test('is refused when absent, expired, of another authority, or of nobody', async () => {
    const { send } = await protectTls(clientCertificate())
    const answers = await Promise.all([{}, expired, foreign].map((tls) => send(withCertificate(tls))))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(answers[0]?.headers['www-authenticate']).toBe('ClientCertificate realm="api"')
    const known = await protectTls(clientCertificate({ party: () => undefined }))
    expect((await known.send(withCertificate(acme))).status).toBe(401)
  })

  test('bound to a token, is needed for it', async () => {
    const { send } = await protectTls(tokens)
    const bound = async (cnf: unknown) => ({ authorization: `Bearer ${await signer.token({ cnf })}` })
    const status = async (cnf: unknown, tls: object) =>
      (await send({ ...withCertificate(tls), headers: await bound(cnf) })).status
    expect(await status({ 'x5t#S256': thumbprint, further: 1 }, acme)).toBe(200)
    expect(await status({ 'x5t#S256': thumbprint }, globex)).toBe(401)
    expect(await status({ 'x5t#S256': thumbprint }, {})).toBe(401)
    expect(await status({ 'x5t#S256': thumbprint, jkt: 'x' }, acme)).toBe(401)
    expect(await status(null, acme)).toBe(401)
  })

  describe('with a key and a token', () => {
    const policy = allOf(clientCertificate(), apiKey({ keys: [acmeKey] }), tokens)
    const everything = async () => ({ 'x-api-key': KEY, authorization: `Bearer ${await signer.token()}` })

    test('is one identity, deeply frozen', async () => {
      const app = express()
      let frozen: boolean[] = []
      app.get('/', requireAuth(policy), (request, response) => {
        const { layers, scope } = getIdentity(request)
        frozen = [layers, scope, layers.bearer?.claims, layers.apiKey?.scope, getIdentity(request)].map(Object.isFrozen)
        response.json(getIdentity(request))
      })
      const { send } = await serve(app, { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false })
      const { json } = await send({ ...withCertificate(acme), headers: await everything() })
      expect(json).toMatchObject({ party: 'acme', scope: ['labels:read', 'labels:write'] })
      expect(Object.keys(json.layers)).toEqual(['clientCertificate', 'apiKey', 'bearer'])
      expect(frozen).toEqual([true, true, true, true, true])
    })

    test('of another party is 403', async () => {
      const { send } = await protectTls(policy)
      const { status, json } = await send({ ...withCertificate(globex), headers: await everything() })
      expect([status, json.code]).toEqual([403, 'party_mismatch'])
    })

    test('answers with a challenge for each missing layer', async () => {
      const { send } = await protectTls(policy)
      const { headers } = await send(withCertificate({}))
      expect(headers['www-authenticate']).toBe(
        'ClientCertificate realm="api", ApiKey realm="api", header="x-api-key", Bearer realm="api"',
      )
      const keyOnly = await send({ ...withCertificate(acme), headers: { 'x-api-key': KEY } })
      expect(keyOnly.headers['www-authenticate']).toBe('Bearer realm="api"')
    })
  })
})

describe('alternatives', () => {
  const policy = anyOf(apiKey({ keys: [acmeKey] }), tokens)

  test('either is enough', async () => {
    const { send } = await protect(policy)
    expect((await send({ headers: { 'x-api-key': KEY } })).status).toBe(200)
    expect((await send({ headers: { authorization: `Bearer ${await signer.token()}` } })).status).toBe(200)
    expect((await send()).headers['www-authenticate']).toBe(
      'ApiKey realm="api", header="x-api-key", Bearer realm="api"',
    )
  })

  test('an invalid credential beside a valid one fails', async () => {
    const { send } = await protect(policy)
    expect((await send({ headers: { 'x-api-key': KEY, authorization: 'Bearer junk' } })).status).toBe(401)
    expect(
      (await send({ headers: { 'x-api-key': 'junk', authorization: `Bearer ${await signer.token()}` } })).status,
    ).toBe(401)
  })

  test('credentials of two parties are 403', async () => {
    const { send } = await protect(policy)
    const authorization = `Bearer ${await signer.token({ client_id: 'globex' })}`
    expect((await send({ headers: { 'x-api-key': KEY, authorization } })).status).toBe(403)
  })

  test('a token is accepted from either of two issuers', async () => {
    const other = await issuer()
    const second = bearer(jwt({ issuer: 'https://other.example', audience: AUDIENCE, jwks: other.jwks }))
    const { send } = await protect(anyOf(tokens, second))
    const status = async (token: string) => (await send({ headers: { authorization: `Bearer ${token}` } })).status
    expect(await status(await signer.token())).toBe(200)
    expect(await status(await other.token({ iss: 'https://other.example' }))).toBe(200)
    expect(await status(await other.token())).toBe(401)
  })
})

describe('an answer of the route’s own', () => {
  test('knows which layer refused, and why', async () => {
    const app = express()
    app.get(
      '/',
      requireAuth(allOf(apiKey({ keys: [acmeKey] }), passwords), {
        respond: ({ reports }, _request, response, { status }) =>
          void response.status(status).json(reports.map(({ layer, outcome, reason }) => [layer, outcome, reason])),
      }),
      echo,
    )
    const { send } = await serve(app)
    const { status, json } = await send({ headers: { 'x-api-key': 'junk' } })
    expect(status).toBe(401)
    expect(json).toEqual([
      ['apiKey', 'invalid', 'unknown'],
      ['basic', 'missing', 'missing'],
    ])
  })

  test('that throws is an error, and never lets the request through', async () => {
    const app = express()
    app.set('env', 'test')
    const respond = (): never => {
      throw new Error('broken')
    }
    app.get('/', requireAuth(passwords, { respond }), echo)
    const { send } = await serve(app)
    expect((await send()).status).toBe(500)
    expect((await send({ headers: { authorization: pair('a:b') } })).status).toBe(500)
  })
})

describe('wrong options fail at once, and name the option', () => {
  test.each([
    ['policy', () => requireAuth({} as Policy)],
    ['scopes', () => requireScope()],
    ['scopes', () => requireScope('two words')],
    ['allOf', () => allOf()],
    ['name', () => apiKey({ name: 'a b', keys: [acmeKey] })],
    ['requiredScope', () => jwt({ issuer: 'a', audience: 'a', jwks: signer.jwks, requiredScope: 'a  b' })],
    ['keys', () => apiKey({ keys: [] })],
    ['keys[0].hash', () => apiKey({ keys: [{ id: 'a', hash: 'plain' }] })],
    ['keys[1].hash', () => apiKey({ keys: [acmeKey, { ...acmeKey, id: 'b' }] })],
    ['header', () => apiKey({ header: 'x y', keys: [acmeKey] })],
    ['realm', () => bearer(async () => ({}), { realm: 'a\r\nb' })],
    ['issuer', () => jwt({ issuer: '', audience: 'a', jwks: signer.jwks })],
    ['audience', () => jwt({ issuer: 'a', audience: [], jwks: signer.jwks })],
    ['algorithms', () => jwt({ issuer: 'a', audience: 'a', jwks: signer.jwks, algorithms: ['HS256'] })],
    ['jwksUri', () => jwt({ issuer: 'a', audience: 'a' })],
    ['jwksUri', () => jwt({ issuer: 'a', audience: 'a', jwksUri: 'http://issuer.example/jwks' })],
  ])('%s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIGURATION', option }))
  })

  test('getIdentity without requireAuth', async () => {
    const app = express()
    app.set('env', 'test')
    app.get('/', echo)
    const { send } = await serve(app)
    expect((await send()).status).toBe(500)
  })
})
