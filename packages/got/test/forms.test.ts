import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { apiKey, bearer, createStrategy } from '@auth/core'
import { type Received, testTokens, tlsServers } from '@auth/testing'
import newest, { type Got } from 'got'
import oldest from 'got-oldest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withAuth } from '../src/index.ts'

const servers = tlsServers()

// The types of the oldest are another release's.
describe.each<[string, Got]>([
  ['got', newest],
  ['the oldest got', oldest as unknown as Got],
])('a form by %s', (_, got) => {
  const plain = (): Got => got.extend({ https: { certificateAuthority: servers.authority.certificate } }) as Got
  const client = (origin = servers.api.origin): Got => {
    const tokens = testTokens('first-token-0001')
    tokens.next = 'second-token-0002'
    const layers = [bearer(tokens), apiKey('x-api-key', 'key')]
    return withAuth(plain(), createStrategy({ origins: [origin], layers }))
  }
  const form = (): FormData => {
    const made = new FormData()
    made.append('name', 'ä')
    made.append('label', new File(['%PDF'], 'label.pdf'))
    return made
  }
  const boundaryOf = ({ headers }: Received): string => headers['content-type']?.split('; boundary=')[1] ?? ''

  test('arrives as got itself would send it, and with its length', async () => {
    for (const send of [plain(), client()]) await send.post(servers.api.origin, { body: form() })
    const [theirs, ours] = servers.api.received as [Received, Received]
    expect(boundaryOf(ours)).toMatch(/^-{4}formdata-/)
    expect(`${ours.body}`).toBe(`${theirs.body}`.replaceAll(boundaryOf(theirs), boundaryOf(ours)))
    expect(Number(ours.headers['content-length'])).toBe(ours.body.length)
  })

  test("keeps the caller's own Content-Type, and replaces one that he left undefined", async () => {
    const send = client()
    await send.post(servers.api.origin, { body: form(), headers: { 'Content-Type': 'multipart/form-data' } })
    await send.post(servers.api.origin, { body: form(), headers: { 'Content-Type': undefined } })
    expect(servers.api.received.map(({ headers }) => headers['content-type'])).toEqual([
      'multipart/form-data',
      expect.stringMatching(/^multipart\/form-data; boundary=/),
    ])
  })

  test('is sent in the same bytes by a replay and the retries after it', async () => {
    const answers = [401, 503]
    servers.api.onRequest(() => ({ status: answers[servers.api.received.length - 1] ?? 200 }))
    const retry = { limit: 1, methods: ['POST' as const], noise: 0, backoffLimit: 1 }
    await client().post(servers.api.origin, { body: form(), retry })
    const [first] = servers.api.received
    expect(servers.api.received).toHaveLength(3)
    for (const { headers, body } of servers.api.received) {
      expect(headers['content-type']).toBe(first?.headers['content-type'])
      expect(body.equals(first?.body as Buffer)).toBe(true)
    }
  })

  test('is sent in the same bytes by a replay over HTTP/2', async () => {
    const received: Pick<Received, 'headers' | 'body'>[] = []
    const server = createSecureServer(await servers.authority.issueServer(), async ({ headers, stream }, response) => {
      received.push({ headers: headers as Received['headers'], body: Buffer.concat(await stream.toArray()) })
      response.writeHead(headers.authorization === 'Bearer second-token-0002' ? 200 : 401).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { statusCode } = await client(origin).post(origin, { body: form(), http2: true })
    expect(statusCode).toBe(200)
    const [first, second] = received
    expect(received).toHaveLength(2)
    expect(`${first?.body}`).toContain('%PDF')
    expect(second?.body.equals(first?.body as Buffer)).toBe(true)
    for (const name of ['content-type', 'content-length']) expect(second?.headers[name]).toBe(first?.headers[name])
    expect(Number(second?.headers['content-length'])).toBe(second?.body.length)
  })

  test('is dropped, with what described it, when a redirect asks for a GET', async () => {
    servers.api.onRequest(({ path }) => (path === '/to' ? {} : { status: 303, headers: { location: '/to' } }))
    await client().post(`${servers.api.origin}/from`, { body: form() })
    const [, followed] = servers.api.received
    expect(followed).toMatchObject({ method: 'GET', body: Buffer.alloc(0) })
    for (const name of ['content-type', 'content-length']) expect(followed?.headers).not.toHaveProperty(name)
  })

  describe.each(['api', 'elsewhere'] as const)('to %s, replaced', (name) => {
    const retry = { limit: 1, methods: ['POST' as const], noise: 0, backoffLimit: 1 }
    const other = (): FormData => {
      const made = new FormData()
      made.append('other', 'another form')
      return made
    }
    const expectOther = (received: Received | undefined): void => {
      const { headers, body } = received as Received
      expect(`${body}`).toContain('another form')
      expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
      expect(`${body}`.startsWith(`--${boundaryOf({ headers } as Received)}\r\n`)).toBe(true)
      expect(Number(headers['content-length'] ?? body.length)).toBe(body.length)
    }
    const failOnce = (status: number): void =>
      servers[name].onRequest(() => ({ status: servers[name].received.length === 1 ? status : 200 }))
    const replace = (options: { body?: unknown }): void => {
      options.body = other()
    }

    test('by a beforeRequest hook before or after ours, agrees with its headers', async () => {
      const hooks = { beforeRequest: [replace] }
      const before = withAuth(
        plain().extend({ hooks }) as Got,
        createStrategy({ origins: [servers.api.origin], layers: [bearer(testTokens('first-token-0001'))] }),
      )
      for (const send of [before, client().extend({ hooks }) as Got]) {
        await send.post(servers[name].origin, { body: form(), timeout: { request: 2000 } })
      }
      expect(servers[name].received).toHaveLength(2)
      for (const received of servers[name].received) expectOther(received)
    })

    test('by a beforeRetry hook, agrees with its headers', async () => {
      failOnce(503)
      const hooks = { beforeRetry: [({ options }: { options: { body?: unknown } }) => replace(options)] }
      await client().post(servers[name].origin, { body: form(), retry, hooks, timeout: { request: 2000 } })
      expectOther(servers[name].received[1])
    })

    test.each(['form', 'json'])('by a merged retry with a %s, agrees with its headers', async (kind) => {
      failOnce(409)
      const merged = (): object => (kind === 'form' ? { body: other() } : { body: undefined, json: { a: 1 } })
      const send = client().extend({
        hooks: {
          afterResponse: [(response, again) => (response.statusCode === 409 ? again(merged()) : response)],
        },
      }) as Got
      await send.post(servers[name].origin, { body: form(), retry, timeout: { request: 2000 } })
      const [, second] = servers[name].received
      if (kind === 'form') expectOther(second)
      else {
        expect(second?.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '7' })
        expect(`${second?.body}`).toBe('{"a":1}')
      }
    })
  })

  test('in the defaults of an instance is what it is to got itself', async () => {
    for (const send of [plain(), client()]) {
      const body = form()
      await (send.extend({ body }) as Got).post(servers.api.origin, { timeout: { request: 2000 } })
    }
    const [theirs, ours] = servers.api.received as [Received, Received]
    // The newest sends nothing, the oldest the form.
    expect(`${ours.body}`).toBe(`${theirs.body}`.replaceAll(boundaryOf(theirs) || 'none', boundaryOf(ours)))
    expect(ours.headers['content-type'] === undefined).toBe(theirs.headers['content-type'] === undefined)
  })

  test('goes by got.stream, too', async () => {
    await client().stream.post(servers.api.origin, { body: form() }).toArray()
    expect(`${servers.api.received[0]?.body}`).toContain('filename="label.pdf"')
  })
})
