import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  clientCertificate,
  type DecisionEvent,
  findIdentity,
  guard,
  hashApiKey,
  inboundRequest,
  type Policy,
  refusalResponse,
  refuseScope,
  rememberVerdict,
  resourceMetadata,
  toResponse,
} from '../../src/verify/index.ts'
import { selfSigned } from '../support/certificates.ts'

const keys = apiKey({ keys: [{ id: 'k1', hash: hashApiKey('right'), party: 'acme', scope: ['a'] }] })
const tokens = bearer((token) => (token === 'good' ? { sub: 'acme', scope: 'b' } : undefined))
const fetched = (headers: Record<string, string> = {}, url = 'https://api.example/labels?token=x') =>
  new Request(url, { headers })
/** What the query of a database may be: no promise, and awaited like one. */
const thenable = (then: (use: (value: unknown) => void, reject: (error: Error) => void) => void): object =>
  Object.defineProperty({}, 'then', { value: then })
const policyThat = (decide: () => unknown): Policy => ({ layers: ['own'], decide: decide as Policy['decide'] })

describe('guard', () => {
  test('is synchronous when the policy is', () => {
    const verdict = guard(keys)(inboundRequest(fetched({ 'x-api-key': 'right' })))
    expect(verdict).toMatchObject({ outcome: 'authenticated', pass: true, identity: { party: 'acme' } })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('secret-1')
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret-1'))],
    ['gives a thenable that rejects', () => thenable((_use, reject) => reject(new Error('secret-1')))],
    [
      'gives a thenable that throws',
      () =>
        thenable(() => {
          throw new Error('secret-1')
        }),
    ],
    ['gives nothing', () => undefined],
    ['gives an outcome that does not exist', () => ({ outcome: 'fine', reports: [], challenges: [] })],
    ['gives an identity without a party', () => ({ outcome: 'authenticated', reports: [], identity: {} })],
  ])('answers 503 for a policy that %s, and tells once', async (_name, decide) => {
    for (const wrap of [(p: Policy) => p, (p: Policy) => allOf(p, keys), (p: Policy) => anyOf(p, keys)]) {
      const events: DecisionEvent[] = []
      const decided = guard(wrap(policyThat(decide)), { onDecision: (event) => events.push(event) })
      const verdict = await decided(inboundRequest(fetched({ 'x-api-key': 'right' })))
      expect(verdict).toMatchObject({ outcome: 'undecided', pass: false })
      expect(events).toMatchObject([{ outcome: 'undecided', status: 503 }])
      expect(JSON.stringify(events)).not.toContain('secret-1')
    }
  })

  test('takes the decision of a thenable', async () => {
    const decision = keys.decide(inboundRequest(fetched({ 'x-api-key': 'right' })))
    const later = policyThat(() => thenable((use) => use(decision)))
    expect(await guard(later)(inboundRequest(fetched()))).toMatchObject({ pass: true })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('disk full')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('disk full')
      },
    ],
  ])('an observer that %s changes nothing', async (_name, onDecision) => {
    const unhandled: unknown[] = []
    const listen = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listen)
    expect(await guard(keys, { onDecision })(inboundRequest(fetched()))).toMatchObject({ outcome: 'missing' })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  test('joins what an earlier guard has found, and refuses another party', async () => {
    const request = inboundRequest(fetched({ 'x-api-key': 'right', authorization: 'Bearer good' }))
    const first = await guard(keys)(request)
    if (first.outcome !== 'authenticated') throw new Error('not authenticated')
    expect(await guard(tokens)(request, first.identity)).toMatchObject({
      identity: { party: 'acme', scope: ['a', 'b'], layers: { apiKey: {}, bearer: {} } },
    })
    const other = { ...first.identity, party: 'globex' }
    expect(await guard(tokens)(request, other)).toMatchObject({ outcome: 'party_mismatch', pass: false })
  })

  test('only reports where it is told to, and then changes no identity', async () => {
    const events: DecisionEvent[] = []
    const verdict = await guard(keys, { reportOnly: true, onDecision: (e) => events.push(e) })(
      inboundRequest(fetched()),
    )
    expect(verdict).toMatchObject({ pass: true, outcome: 'missing' })
    expect(events).toMatchObject([{ reportOnly: true, status: 401, path: '/labels', method: 'GET' }])
    const request = {}
    rememberVerdict(request, await guard(keys, { reportOnly: true })(inboundRequest(fetched({ 'x-api-key': 'right' }))))
    expect(findIdentity(request)).toBeUndefined()
  })

  test.each([
    ['policy', () => guard({} as never)],
    ['onDecision', () => guard(keys, { onDecision: 'x' as never })],
    ['ondecision', () => guard(keys, { ondecision: () => {} } as never)],
    ['reportOnly', () => guard(keys, { reportOnly: 'yes' as never })],
    ['resourceMetadata', () => guard(keys, { resourceMetadata: 7 as never })],
    ['request', () => inboundRequest(undefined as never)],
  ])('a wrong %s fails at once', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ option }))
  })
})

describe('a Fetch request', () => {
  const decide = (policy: Policy, headers: Record<string, string> | Headers, details = {}) =>
    policy.decide(inboundRequest(new Request('https://api.example/', { headers }), details))

  test('is refused where a header came twice and Fetch has joined the lines', async () => {
    const twice = new Headers([
      ['x-api-key', 'right'],
      ['x-api-key', 'right'],
    ])
    expect(await decide(keys, twice)).toMatchObject({
      outcome: 'bad_request',
      reports: [{ reason: 'duplicate_header' }],
    })
    const tokensTwice = new Headers([
      ['authorization', 'Bearer good'],
      ['authorization', 'Bearer good'],
    ])
    expect(await decide(tokens, tokensTwice)).toMatchObject({ outcome: 'bad_request' })
  })

  test('keeps X-Forwarded-Client-Cert whole, whose quoted names have commas', () => {
    const value = 'Hash=00;Subject="CN=a, O=b"'
    const request = inboundRequest(fetched({ 'x-forwarded-client-cert': value }))
    expect(request.header('x-forwarded-client-cert')).toEqual([value])
  })

  test('says that it cannot see a client certificate, and does not take it for missing', async () => {
    const certificates = clientCertificate()
    expect(await decide(certificates, {})).toMatchObject({ outcome: 'undecided', reports: [{ reason: 'not_visible' }] })
    expect(await decide(certificates, {}, { peerCertificate: null })).toMatchObject({ outcome: 'missing' })
  })

  test('passes over the certificate in anyOf, and needs it in allOf', async () => {
    const certificates = clientCertificate()
    expect(await decide(anyOf(certificates, keys), { 'x-api-key': 'right' })).toMatchObject({
      outcome: 'authenticated',
    })
    expect(await decide(anyOf(certificates, keys), { 'x-api-key': 'wrong' })).toMatchObject({ outcome: 'invalid' })
    expect(await decide(anyOf(certificates, keys), {})).toMatchObject({ outcome: 'missing' })
    expect(await decide(allOf(certificates, keys), { 'x-api-key': 'right' })).toMatchObject({ outcome: 'undecided' })
    expect(
      await decide(anyOf(allOf(certificates, keys), tokens), { 'x-api-key': 'wrong', authorization: 'Bearer good' }),
    ).toMatchObject({ outcome: 'invalid' })
  })

  test('takes a certificate that the server hands over, and the address', async () => {
    const { cert } = await selfSigned()
    const peerCertificate = new X509Certificate(cert)
    const events: DecisionEvent[] = []
    const decideAt = guard(clientCertificate(), { onDecision: (event) => events.push(event) })
    const verdict = await decideAt(inboundRequest(fetched(), { peerCertificate, remoteAddress: '192.0.2.7' }))
    expect(verdict).toMatchObject({ outcome: 'authenticated', identity: { party: 'loopback' } })
    expect(events).toMatchObject([{ peer: '192.0.2.7' }])
  })

  test('without an address: nobody can lock an account out, and repeating one wrong password is limited', async () => {
    const passwords = basic({ verify: (_user, password) => (password === 'right' ? { party: 'acme' } : undefined) })
    const send = (password: string) => decide(passwords, { authorization: `Basic ${btoa(`acme:${password}`)}` })
    for (let i = 0; i < 100; i++) expect(await send(`guess-${i}`)).toMatchObject({ outcome: 'invalid' })
    expect(await send('right')).toMatchObject({ outcome: 'authenticated' })
    for (let i = 0; i < 30; i++) await send('stale')
    expect(await send('stale')).toMatchObject({ outcome: 'throttled' })
    expect(await send('right')).toMatchObject({ outcome: 'authenticated' })
  })

  test('is answered by a Response', async () => {
    const refused = await guard(allOf(keys, tokens))(inboundRequest(fetched()))
    const response = toResponse(refused as never)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('ApiKey realm="api", header="x-api-key", Bearer realm="api"')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual(refusalResponse(refused as never).body)
  })
})

describe('requests that an environment makes up', () => {
  // serverless-http has an empty list of raw headers, node-mocks-http none at all.
  test.each([
    ['an empty list of raw headers', { rawHeaders: [] }],
    ['no raw headers', {}],
  ])('%s: headers are read', async (_name, raw) => {
    const made = (headers: Record<string, string | string[]>) =>
      inboundRequest({
        method: 'GET',
        url: '/',
        socket: { encrypted: true, remoteAddress: '192.0.2.1' },
        headers,
        ...raw,
      })
    expect(await keys.decide(made({ 'x-api-key': 'right' }))).toMatchObject({ outcome: 'authenticated' })
    expect(await keys.decide(made({ 'X-Api-Key': 'right' }))).toMatchObject({ outcome: 'authenticated' })
    expect(await keys.decide(made({ 'x-api-key': 'right, right' }))).toMatchObject({ outcome: 'bad_request' })
    expect(await keys.decide(made({ 'x-api-key': ['right', 'right'] }))).toMatchObject({ outcome: 'bad_request' })
    expect(await keys.decide(made({}))).toMatchObject({ outcome: 'missing' })
    expect(await clientCertificate().decide(made({}))).toMatchObject({ outcome: 'undecided' })
  })

  test('no socket: an address is unknown, and so is a certificate', async () => {
    const request = inboundRequest({ headers: { 'x-api-key': 'right' } })
    expect(await keys.decide(request)).toMatchObject({ outcome: 'authenticated' })
    expect(await clientCertificate().decide(request)).toMatchObject({ outcome: 'undecided' })
  })
})

describe('resource metadata (RFC 9728)', () => {
  test('is found before the path of the resource', () => {
    const metadata = resourceMetadata({
      resource: 'https://api.example/mcp',
      authorizationServers: ['https://login.example'],
      scopesSupported: ['a'],
      resourceName: 'Labels',
    })
    expect(metadata.url).toBe('https://api.example/.well-known/oauth-protected-resource/mcp')
    expect(metadata.document).toEqual({
      resource: 'https://api.example/mcp',
      authorization_servers: ['https://login.example'],
      bearer_methods_supported: ['header'],
      scopes_supported: ['a'],
      resource_name: 'Labels',
    })
    expect(
      resourceMetadata({ resource: 'https://api.example/', authorizationServers: ['https://l.example'] }).url,
    ).toBe('https://api.example/.well-known/oauth-protected-resource')
  })

  test('is named by the challenges of 401 and 403, those for tokens first of all', async () => {
    const url = 'https://api.example/.well-known/oauth-protected-resource'
    const guarded = guard(anyOf(keys, tokens), { resourceMetadata: url })
    const refused = await guarded(inboundRequest(fetched()))
    expect(toResponse(refused as never).headers.get('www-authenticate')).toBe(
      `ApiKey realm="api", header="x-api-key", Bearer realm="api", resource_metadata="${url}"`,
    )
    const request = {}
    rememberVerdict(request, await guarded(inboundRequest(fetched({ authorization: 'Bearer good' }))))
    const scoped = refuseScope(request, ['other'])
    expect(toResponse(scoped as never).headers.get('www-authenticate')).toContain(`resource_metadata="${url}"`)
    const onlyKeys = await guard(keys, { resourceMetadata: url })(inboundRequest(fetched()))
    expect(toResponse(onlyKeys as never).headers.get('www-authenticate')).toContain(`resource_metadata="${url}"`)
  })

  test.each([
    ['resource', { resource: 'http://api.example', authorizationServers: ['https://l.example'] }],
    ['resource', { resource: 'https://api.example/#x', authorizationServers: ['https://l.example'] }],
    ['authorizationServers', { resource: 'https://api.example', authorizationServers: [] }],
    ['authorizationServers[0]', { resource: 'https://api.example', authorizationServers: ['login'] }],
    ['scopes', { resource: 'https://api.example', authorizationServers: ['https://l.example'], scopes: [] }],
  ])('a wrong %s fails at once', (option, options) => {
    expect(() => resourceMetadata(options as never)).toThrow(expect.objectContaining({ option }))
  })
})
