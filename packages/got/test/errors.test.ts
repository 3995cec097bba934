import { createSecureServer } from 'node:http2'
import { Agent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { apiKey, bearer, clientCertificate, createStrategy, queryKey } from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import { expectClean, expectUnprintable, type TestServer, testServer, testTokens } from '@auth/testing'
import newest, { type ExtendOptions, type Got, type RequestError } from 'got'
import oldest from 'got-oldest'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'

const SECRETS = ['first-token-0001', 'second-token-0002', 'key-that-nobody-may-see-0001', 'query-key-0001']

let authority: Awaited<ReturnType<typeof createCertificateAuthority>>
let api: TestServer
let ours: Awaited<ReturnType<typeof authority.issueClient>>
const http2 = { origin: '', close: (): void => {} }
beforeAll(async () => {
  authority = await createCertificateAuthority()
  const identity = await authority.issueServer()
  ours = await authority.issueClient({ commonName: 'ours' })
  SECRETS.push(ours.key.split('\n')[1] as string)
  api = await testServer(identity, authority.certificate)
  const server = createSecureServer(identity, (_, response) => response.end('no JSON'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  http2.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  http2.close = () => server.close()
})
beforeEach(() => api.clear())
afterAll(async () => {
  http2.close()
  await api.close()
})

const caught = (promise: Promise<unknown>): Promise<RequestError> =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error) => error,
  )

/** Asserts that it shows no secret, nor does what it leads to, not even among hidden properties. */
function expectAllClean(error: Pick<RequestError, 'request' | 'response'>): void {
  expectClean(error, SECRETS)
  expectUnprintable(error, SECRETS)
}

describe.each<[string, Got]>([
  ['got', newest],
  // Its types are another release's.
  ['the oldest got', oldest as unknown as Got],
])('behind the hooks of %s', (_, got) => {
  const client = (options: ExtendOptions = {}): Got => {
    const own = { https: { certificateAuthority: authority.certificate }, retry: { limit: 0 } }
    const tokens = testTokens('first-token-0001')
    tokens.next = 'second-token-0002'
    const layers = [
      bearer(tokens),
      apiKey('x-api-key', 'key-that-nobody-may-see-0001'),
      queryKey('k', 'query-key-0001'),
      clientCertificate(ours),
    ]
    return withAuth(got.extend(own, options) as Got, createStrategy({ origins: [api.origin, http2.origin], layers }))
  }

  test.each<[string, ExtendOptions]>([
    ['', {}],
    [', over an agent of the user', { agent: { https: new Agent({ keepAlive: true }) } }],
    [', with a cache', { cache: new Map() }],
    [', by HTTP/2', { http2: true }],
    [', by a request function of the user', { request: () => undefined }],
    [', by a promise of the user', { request: async () => undefined }],
  ])('the error for a body that is no JSON shows no secret%s', async (_, options) => {
    api.onRequest(() => ({ body: 'no JSON' }))
    const error = await caught(client(options)(options.http2 ? http2.origin : api.origin).json())
    expect(error).toMatchObject({ name: 'ParseError', response: { statusCode: 200, body: 'no JSON' } })
    expectAllClean(error)
  })

  test('the error for a body that is no JSON shows no secret after a redirect and a replay', async () => {
    api.onRequest(({ path, headers }) =>
      path.startsWith('/to')
        ? { status: headers.authorization === 'Bearer second-token-0002' ? 200 : 401, body: 'no JSON' }
        : { status: 302, headers: { location: '/to' } },
    )
    const error = await caught(client()(`${api.origin}/from`).json())
    expect(error.name).toBe('ParseError')
    expectAllClean(error)
  })

  test('an error of the user shows no secret, though it carries the response', async () => {
    const transform = (response: RequestError['response']): never => {
      throw Object.assign(new Error('no page'), { request: response?.request, response })
    }
    const error = await caught(client().paginate.all(api.origin, { pagination: { transform: transform as never } }))
    expect(error.response?.statusCode).toBe(200)
    expectAllClean(error)
  })

  test('the error for an aborted request shows no secret', async () => {
    const controller = new AbortController()
    api.onRequest(() => {
      controller.abort()
      return new Promise(() => {})
    })
    const error = await caught(client()(api.origin, { signal: controller.signal }))
    expect(error.name).toBe('AbortError')
    expectAllClean(error)
  })

  test('an agent of the user is left as it was', async () => {
    const [ours, plain] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })]
    const error = await caught(client({ agent: { https: ours } })(api.origin).json())
    expectAllClean(error)
    await got(api.origin, { https: { rejectUnauthorized: false }, agent: { https: plain } })
    expect(Reflect.ownKeys(ours)).toEqual(Reflect.ownKeys(plain))
    ours.destroy()
    plain.destroy()
  })

  test.each([false, true])('a response can be read, and shows no secret, http2: %s', async (http2Too) => {
    const response = await client({ http2: http2Too })(http2Too ? http2.origin : api.origin)
    expect(response.request.options.method).toBe('GET')
    expectAllClean({ request: response.request, response })
  })
})
