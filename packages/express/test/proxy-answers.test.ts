import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { type Layer, queryKey } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { apiKey, carrierProxy, hashApiKey, requireAuth } from '../src/index.ts'
import { echo, SECRET, strategyFor } from './support/carrier.ts'
import { expresses } from './support/expresses.ts'
import { serve } from './support/server.ts'

describe.each(expresses)('%s', (_name, express) => {
  /** What the client sees of the answer's headers. `{carrier}` in them stands for its origin. */
  async function answered(
    headers: OutgoingHttpHeaders,
    { layers = [], base = '', path = '/mount/api/labels?x=1' }: { layers?: Layer[]; base?: string; path?: string } = {},
  ) {
    const upstream = await serve((_request, response) => {
      for (const [name, value] of Object.entries(headers)) {
        response.setHeader(
          name,
          [value].flat().map((text) => String(text).replaceAll('{carrier}', upstream.url)),
        )
      }
      response.end()
    })
    const strategy = strategyFor(upstream.url, ...layers)
    const app = express()
    app.use('/mount', express.Router().use('/api', carrierProxy(strategy, { target: upstream.url + base })))
    app.use(carrierProxy(strategy, { target: upstream.url + base }))
    const { send } = await serve(app)
    const answer = await send({ path })
    const local = Object.entries(answer.headers).map(([name, value]) => [
      name,
      String(value).replaceAll(upstream.url, '{carrier}'),
    ])
    return Object.fromEntries(local) as Record<string, string>
  }

  test.each([
    ['/v1/labels/7', '/mount/api/labels/7'],
    ['{carrier}/v1/labels/7?a=b#c', '/mount/api/labels/7?a=b#c'],
    ['7', '/mount/api/7'],
    ['labels/7', '/mount/api/labels/7'],
    ['?page=2', '/mount/api/labels?page=2'],
    ['../v1', '/mount/api'],
    ['/v1', '/mount/api'],
    ['/v1/', '/mount/api/'],
    ['/v1//evil.example/x', '/mount/api//evil.example/x'],
    ['/login', '{carrier}/login'],
    ['/v10/x', '{carrier}/v10/x'],
    ['../../admin', '{carrier}/admin'],
    ['https://elsewhere.example/x?a=b', 'https://elsewhere.example/x?a=b'],
    ['//elsewhere.example/x', '//elsewhere.example/x'],
    ['mailto:someone@carrier.example', 'mailto:someone@carrier.example'],
    ['http://[', 'http://['],
  ])('Location %s leads to %s', async (location, expected) => {
    const seen = await answered({ location, 'content-location': location }, { base: '/v1' })
    expect(seen.location).toBe(expected)
    expect(seen['content-location']).toBe(seen.location)
  })

  test('a path of two slashes at the root of the app leads to no other host', async () => {
    const { location } = await answered({ location: '{carrier}//evil.example/x' }, { path: '/labels' })
    expect(new URL(String(location), 'http://app.example').href).toBe('http://app.example//evil.example/x')
  })

  test('each target of Link and that of Refresh leads back', async () => {
    const link =
      '</v1/labels?page=2>; rel="next"; title="a, <b>", <{carrier}/v1/labels?page=9>; rel=last, <https://x.example/>; rel=help'
    const seen = await answered({ link, refresh: '5; url=/v1/labels/7' }, { base: '/v1' })
    expect(seen.link).toBe(
      '</mount/api/labels?page=2>; rel="next"; title="a, <b>", </mount/api/labels?page=9>; rel=last, <https://x.example/>; rel=help',
    )
    expect(seen.refresh).toBe('5; url=/mount/api/labels/7')
  })

  describe('a query key that the carrier moves', () => {
    const key = 'k3y/with+odd=chars&more'
    const once = encodeURIComponent(key)
    const layers = [queryKey('api_key', key)]
    const inBase64 = Buffer.from(`x?api_key=${key}`).toString('base64')
    test.each([
      ['in the same parameter', `/next?a=b&api_key=${once}`, '/mount/api/next?a=b'],
      ['in another parameter', `/next?token=${once}&a=b`, '/mount/api/next?a=b'],
      [
        'in a URL in a parameter',
        `/login?next=${encodeURIComponent(`/x?api_key=${once}`)}&a=b`,
        '/mount/api/login?a=b',
      ],
      [
        'in a URL in a URL in a parameter',
        `/login?next=${encodeURIComponent(encodeURIComponent(`/x?api_key=${once}`))}`,
        '/mount/api/login',
      ],
      ['as a name', `/next?${once}`, '/mount/api/next'],
      ['in base64', `/next?state=${encodeURIComponent(inBase64)}&a=b`, '/mount/api/next?a=b'],
      ['in base64url', `/next?state=${Buffer.from(key).toString('base64url')}`, '/mount/api/next'],
      ['in hex', `/next?state=${Buffer.from(key).toString('hex').toUpperCase()}`, '/mount/api/next'],
      [
        'in capitals of the encoding',
        `/next?token=${once.replace(/%../g, (hex) => hex.toLowerCase())}`,
        '/mount/api/next',
      ],
      [
        'wholly encoded',
        `/next?token=${[...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')}`,
        '/mount/api/next',
      ],
      ['in the fragment', `/next#api_key=${once}`, '/mount/api/next'],
      ['in the path', `/keys/${once}/x`, undefined],
      ['in the path, twice encoded', `/keys/${encodeURIComponent(once)}/x`, undefined],
      ['elsewhere', `https://elsewhere.example/?a=b&t=${once}`, 'https://elsewhere.example/?a=b'],
      ['as a user name elsewhere', `https://${once}@elsewhere.example/`, undefined],
      ['in what is no URL', `http://[${key}`, undefined],
    ])('%s is not shown', async (_where, reference, expected) => {
      const seen = await answered(
        {
          location: reference,
          'content-location': reference,
          link: `<${reference}>; rel=next, </y>; rel=prev`,
          refresh: `0;url=${reference}`,
          'x-debug': `GET ${reference}`,
        },
        { layers },
      )
      expect(seen.location).toBe(expected)
      expect(seen['content-location']).toBe(expected)
      expect(seen.link).toBe(
        expected === undefined ? '</mount/api/y>; rel=prev' : `<${expected}>; rel=next, </mount/api/y>; rel=prev`,
      )
      expect(seen.refresh).toBe(expected && `0;url=${expected}`)
      expect(seen).not.toHaveProperty('x-debug')
    })

    test('is found in quoted parts of a Link too', async () => {
      const seen = await answered({ link: `</y>; rel=next; anchor="/x?api_key=${once}"` }, { layers })
      expect(seen).not.toHaveProperty('link')
    })

    test('that is short is found where it stands alone, and takes nothing away that only looks like it', async () => {
      const seen = await answered(
        { location: '/next?latest=1&k=test', 'x-a': 'the latest', 'x-b': 'test' },
        { layers: [queryKey('k', 'test')] },
      )
      expect(seen).toMatchObject({ location: '/mount/api/next?latest=1', 'x-a': 'the latest' })
      expect(seen).not.toHaveProperty('x-b')
    })
  })

  test('no header shows a key that went along in a header', async () => {
    const seen = await answered({ 'x-echo': `got ${SECRET}`, 'x-other': 'yes' })
    expect(seen).not.toHaveProperty('x-echo')
    expect(seen['x-other']).toBe('yes')
  })

  test('what speaks for the carrier’s origin stays out', async () => {
    const speaking = {
      'strict-transport-security': 'max-age=1',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'content-security-policy': "default-src 'none'",
      'content-security-policy-report-only': "default-src 'none'",
      'set-cookie': ['a=b', 'c=d'],
      'alt-svc': 'h3=":443"',
      'clear-site-data': '"*"',
      'report-to': '{}',
      'reporting-endpoints': 'a="https://x.example"',
      nel: '{}',
      'expect-ct': 'max-age=1',
      'public-key-pins': 'x',
      'x-frame-options': 'DENY',
      'referrer-policy': 'unsafe-url',
      'permissions-policy': 'camera=*',
      'cross-origin-opener-policy': 'unsafe-none',
      'cross-origin-resource-policy': 'cross-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'origin-agent-cluster': '?1',
      'service-worker-allowed': '/',
      'timing-allow-origin': '*',
      'accept-ch': 'DPR',
      'www-authenticate': 'Basic realm="carrier"',
      'proxy-authenticate': 'Basic realm="carrier"',
      sourcemap: '/x.map',
    }
    const seen = await answered({ ...speaking, 'x-kept': 'yes', etag: '"1"' })
    for (const name of Object.keys(speaking)) expect(seen).not.toHaveProperty(name)
    expect(seen).toMatchObject({ 'x-kept': 'yes', etag: '"1"' })
  })

  test('what the app has set stays its own, and Vary names what both depend on', async () => {
    const upstream = await serve((_request, response) => {
      response.writeHead(200, {
        'access-control-allow-origin': '*',
        'strict-transport-security': 'max-age=1',
        vary: 'accept-language, Origin',
        'cache-control': 'public, max-age=60',
        'x-content-type-options': 'sniff',
        'content-type': 'application/pdf',
        link: '</b>; rel=next',
        etag: '"carrier"',
      })
      response.end('%PDF')
    })
    const app = express().use((_request, response, next) => {
      response.setHeader('Access-Control-Allow-Origin', 'https://app.example')
      response.setHeader('Strict-Transport-Security', 'max-age=31536000')
      response.setHeader('Vary', 'Origin')
      response.setHeader('Cache-Control', 'no-store')
      response.setHeader('X-Content-Type-Options', 'nosniff')
      response.setHeader('Content-Type', 'text/html')
      response.setHeader('Link', '</a.css>; rel=preload')
      next()
    })
    app.use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
    const { headers, text } = await (await serve(app)).send()
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'strict-transport-security': 'max-age=31536000',
      vary: 'Origin, accept-language',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/pdf',
      link: '</a.css>; rel=preload, </b>; rel=next',
      etag: '"carrier"',
    })
    expect(text).toBe('%PDF')
  })

  test('a Connection header of the carrier takes nothing from the framing', async () => {
    const upstream = await serve((_request, response) => {
      response.writeHead(200, { connection: 'content-length, x-hop', 'content-length': '4', 'x-hop': 'a' })
      response.end('four')
    })
    const { send } = await serve(express().use(carrierProxy(strategyFor(upstream.url), { target: upstream.url })))
    const { headers, text } = await send()
    expect([headers['content-length'], headers['x-hop'], text]).toEqual(['4', undefined, 'four'])
  })

  test('the head comes before the body', async () => {
    let finish: () => void = () => {}
    const upstream = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      finish = () => response.end('data: 1\n\n')
    })
    const { port } = await serve(express().use(carrierProxy(strategyFor(upstream.url), { target: upstream.url })))
    const status = await new Promise((resolve, reject) => {
      const outgoing = httpRequest({ port, host: '127.0.0.1', agent: false }, (answer) => {
        resolve(answer.statusCode)
        answer.resume()
      })
      outgoing.on('error', reject).end()
    })
    expect(status).toBe(200)
    finish()
  })

  test('neither what a policy read while it only reported, nor what proxies in front hand over, reaches the carrier', async () => {
    const upstream = await serve(echo)
    const policy = apiKey({ header: 'x-tenant-key', keys: [{ id: 'a', hash: hashApiKey('tenant') }] })
    const app = express()
    app.use(requireAuth(policy, { reportOnly: true }))
    app.use(carrierProxy(strategyFor(upstream.url), { target: upstream.url }))
    const { send } = await serve(app)
    const credentials = [
      'x-tenant-key',
      'authorization',
      'proxy-authorization',
      'cookie',
      'x-api-key',
      'x_api_key',
      'dpop',
      'x-amzn-oidc-accesstoken',
      'x-amzn-oidc-data',
      'x-amzn-mtls-clientcert',
      'cf-access-jwt-assertion',
      'cf-access-client-secret',
      'x-goog-iap-jwt-assertion',
      'x-goog-authenticated-user-email',
      'x-serverless-authorization',
      'x-ms-token-aad-access-token',
      'x-ms-client-principal',
      'x-auth-request-access-token',
      'x-forwarded-client-cert',
      'x-forwarded-access-token',
      'x-forwarded-user',
      'x-envoy-external-address',
      'client-cert',
      'x-ssl-client-cert',
      'x-client-certificate',
      'x-arr-clientcert',
      'remote-user',
      'x-remote-user',
      'tailscale-user-login',
      'x-real-ip',
    ]
    const { json } = await send({
      headers: { ...Object.fromEntries(credentials.map((name) => [name, 'inbound'])), 'x-kept': 'yes' },
    })
    expect(json.headers).toEqual({
      host: expect.any(String),
      connection: 'keep-alive',
      'x-kept': 'yes',
      'x-carrier-key': SECRET,
    })
  })
})
