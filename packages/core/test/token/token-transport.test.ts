import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import zlib from 'node:zlib'
import { clientSecretPost, type OAuth2Options, oauth2 } from '@auth/core'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { hastyClock } from '../support/clock.ts'
import { type Answer, json, loopback } from '../support/loopback.ts'
import { tlsLoopback } from '../support/tls-loopback.ts'

const TOKEN = JSON.stringify({ access_token: 'abc', token_type: 'Bearer', expires_in: 3600 })
const REFUSAL = JSON.stringify({ error: 'invalid_client' })

function source(origin: string, options: Partial<OAuth2Options> = {}) {
  return oauth2({
    tokenEndpoint: `${origin}/token`,
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    clock: hastyClock(),
    ...options,
  })
}

/** Both ways of Node: the global fetch over plain HTTP, and node:https, which `ca` asks for. */
const ways = {
  'the global fetch': async (answer: Answer) => {
    const server = await loopback(answer)
    return { server, options: {} }
  },
  'node:https': async (answer: Answer) => {
    const identity = await selfSigned()
    const server = await tlsLoopback(identity, answer)
    return { server, options: { ca: identity.cert } }
  },
  'node:http, with a `ca` that is not needed': async (answer: Answer) => {
    const server = await loopback(answer)
    return { server, options: { ca: (await selfSigned()).cert } }
  },
}

describe.each(Object.entries(ways))('by way of %s', (_, serve) => {
  const codings = {
    gzip: zlib.gzipSync,
    deflate: zlib.deflateSync,
    br: zlib.brotliCompressSync,
    'gzip, br': (text: string) => zlib.brotliCompressSync(zlib.gzipSync(text)),
    GZIP: zlib.gzipSync,
  }
  const encoded =
    (status: number, text: string, coding: keyof typeof codings): Answer =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': coding })
      response.end(codings[coding](text))
    }

  test.each(Object.keys(codings) as (keyof typeof codings)[])(
    'a rejection encoded as %s costs one login',
    async (coding) => {
      const { server, options } = await serve(encoded(400, REFUSAL, coding))
      const tokens = source(server.origin, options)
      for (let i = 0; i < 5; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
      expect(server.requests).toHaveLength(1)
    },
  )

  test.each(Object.keys(codings) as (keyof typeof codings)[])('a token encoded as %s is one', async (coding) => {
    const { server, options } = await serve(encoded(200, TOKEN, coding))
    expect((await source(server.origin, options).token()).value).toBe('abc')
  })

  test('a small answer that decodes to a large one is not read to its end', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
    const { server, options } = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(bomb)
    })
    await expect(source(server.origin, options).token()).rejects.toThrow('larger than 262144 bytes')
  })

  test('garbage under a coding is garbage, and a rejection is one by its status', async () => {
    const { server, options } = await serve((request, response) => {
      response.writeHead(request.url === '/token' ? 401 : 200, { 'content-encoding': 'gzip' })
      response.end('no gzip')
    })
    await expect(source(server.origin, options).token()).rejects.toMatchObject({ status: 401 })
    const garbled = source(server.origin, { ...options, tokenEndpoint: `${server.origin}/other` })
    await expect(garbled.token()).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE' })
  })

  test('an edge that turns away clients without a name lets the request through', async () => {
    const { server, options } = await serve((request, response) =>
      json(response, request.headers['user-agent'] ? 200 : 403, request.headers['user-agent'] ? TOKEN : '<html>'),
    )
    expect((await source(server.origin, options).token()).value).toBe('abc')
    const named = source(server.origin, { ...options, headers: { 'User-Agent': 'shop/1.0' } })
    await named.token()
    expect(server.requests[1]?.headers['user-agent']).toBe('shop/1.0')
  })
})

test.runIf('createZstdDecompress' in zlib)('node:https decodes zstd', async () => {
  const identity = await selfSigned()
  const server = await tlsLoopback(identity, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'zstd' })
    response.end(zlib.zstdCompressSync(TOKEN))
  })
  expect((await source(server.origin, { ca: identity.cert }).token()).value).toBe('abc')
})

test('no answer is kept by a framework that patches the global fetch', async () => {
  const server = await loopback((_, response) => json(response, 200, TOKEN))
  let init: RequestInit | undefined
  await source(server.origin, {
    fetch: (url, given) => {
      init = given
      return fetch(url, given)
    },
  }).token()
  expect(init).toMatchObject({ cache: 'no-store', redirect: 'manual' })
})

test('a fetch of one’s own together with `ca` or `tls` is refused at once', async () => {
  const identity = await selfSigned()
  const both = (options: Partial<OAuth2Options>) => () => source('https://a.example', { fetch, ...options })
  expect(both({ ca: identity.cert })).toThrow(/^ca: has no effect together with `fetch`/)
  expect(both({ tls: identity })).toThrow(/^tls: has no effect together with `fetch`/)
})

describe('the proxy of the environment', () => {
  afterEach(() => vi.unstubAllEnvs())

  /** A token endpoint whose name only the proxy can resolve. */
  async function behindProxy() {
    const identity = await selfSigned(undefined, undefined, 'auth.carrier.example')
    const server = await tlsLoopback(identity, (_, response) => json(response, 200, TOKEN))
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      const upstream = connect(Number(new URL(server.origin).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => {})
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    return { identity, server, asked, url, origin: 'https://auth.carrier.example' }
  }

  test.each(['HTTPS_PROXY', 'https_proxy'])('%s is the way out of a token request', async (name) => {
    const { identity, server, asked, url, origin } = await behindProxy()
    vi.stubEnv(name, url)
    expect((await source(origin, { ca: identity.cert }).token()).value).toBe('abc')
    expect(asked).toEqual(['auth.carrier.example:443'])
    expect(server.requests).toHaveLength(1)
  })

  test('presents the certificate through it', async () => {
    const { identity, asked, url, origin } = await behindProxy()
    vi.stubEnv('HTTPS_PROXY', url)
    expect((await source(origin, { ca: identity.cert, tls: identity }).token()).value).toBe('abc')
    expect(asked).toHaveLength(1)
  })

  test('without `ca` the proxy is asked as well', async () => {
    const { asked, url, origin } = await behindProxy()
    vi.stubEnv('HTTPS_PROXY', url)
    await expect(source(origin).token()).rejects.toThrow(/SELF_SIGNED/)
    expect(asked[0]).toBe('auth.carrier.example:443')
  })

  test('NO_PROXY and this machine go without it', async () => {
    const { identity, asked, url, origin, server } = await behindProxy()
    vi.stubEnv('HTTPS_PROXY', url)
    vi.stubEnv('NO_PROXY', '.carrier.example')
    await expect(source(origin, { ca: identity.cert, timeout: 2000 }).token()).rejects.toThrow('auth.carrier.example')
    const local = await selfSigned()
    const near = await tlsLoopback(local, (_, response) => json(response, 200, TOKEN))
    expect((await source(near.origin, { ca: local.cert }).token()).value).toBe('abc')
    expect([asked, server.requests]).toEqual([[], []])
  })

  test('a fetch of one’s own is left its own way', async () => {
    const { asked, url, origin } = await behindProxy()
    vi.stubEnv('HTTPS_PROXY', url)
    const own = async () => new Response(TOKEN)
    expect((await source(origin, { fetch: own }).token()).value).toBe('abc')
    expect(asked).toEqual([])
  })
})
