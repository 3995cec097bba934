import { apiKey, bearer, createStrategy } from '@auth/core'
import { type Received, testTokens, tlsServers } from '@auth/testing'
import newest, { type Got } from 'got'
import oldest from 'got-oldest'
import { describe, expect, it } from 'vitest'
import { withAuth } from '../src/index.ts'

const servers = tlsServers()

// The types of the oldest are another release's.
describe.each<[string, Got]>([
  ['got', newest],
  ['the oldest got', oldest as unknown as Got],
])('a form by %s', (_, got) => {
  const plain = (): Got => got.extend({ https: { certificateAuthority: servers.authority.certificate } }) as Got
  const client = (): Got => {
    const tokens = testTokens('first-token-0001')
    tokens.next = 'second-token-0002'
    const layers = [bearer(tokens), apiKey('x-api-key', 'key')]
    return withAuth(plain(), createStrategy({ origins: [servers.api.origin], layers }))
  }
  const form = (): FormData => {
    const made = new FormData()
    made.append('name', 'ä')
    made.append('label', new File(['%PDF'], 'label.pdf'))
    return made
  }
  const boundaryOf = ({ headers }: Received): string => headers['content-type']?.split('; boundary=')[1] ?? ''

  it('arrives as got itself would send it, and with its length', async () => {
    for (const send of [plain(), client()]) await send.post(servers.api.origin, { body: form() })
    const [theirs, ours] = servers.api.received as [Received, Received]
    expect(boundaryOf(ours)).toMatch(/^-{4}formdata-/)
    expect(`${ours.body}`).toBe(`${theirs.body}`.replaceAll(boundaryOf(theirs), boundaryOf(ours)))
    expect(Number(ours.headers['content-length'])).toBe(ours.body.length)
  })

  it("keeps the caller's own Content-Type, and replaces one that he left undefined", async () => {
    const send = client()
    await send.post(servers.api.origin, { body: form(), headers: { 'Content-Type': 'multipart/form-data' } })
    await send.post(servers.api.origin, { body: form(), headers: { 'Content-Type': undefined } })
    expect(servers.api.received.map(({ headers }) => headers['content-type'])).toEqual([
      'multipart/form-data',
      expect.stringMatching(/^multipart\/form-data; boundary=/),
    ])
  })

  it('is sent in the same bytes by a replay and the retries after it', async () => {
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

  it('is dropped, with what described it, when a redirect asks for a GET', async () => {
    servers.api.onRequest(({ path }) => (path === '/to' ? {} : { status: 303, headers: { location: '/to' } }))
    await client().post(`${servers.api.origin}/from`, { body: form() })
    const [, followed] = servers.api.received
    expect(followed).toMatchObject({ method: 'GET', body: Buffer.alloc(0) })
    for (const name of ['content-type', 'content-length']) expect(followed?.headers).not.toHaveProperty(name)
  })

  it('goes by got.stream, too', async () => {
    await client().stream.post(servers.api.origin, { body: form() }).toArray()
    expect(`${servers.api.received[0]?.body}`).toContain('filename="label.pdf"')
  })
})
