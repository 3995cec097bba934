import { createPrivateKey } from 'node:crypto'
import { apiKey, clientCertificate, type TlsIdentity } from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import { expect } from 'vitest'
import { type Bench, KEY } from '../bench.ts'
import { expectClean } from '../clean.ts'
import { testServer } from '../server.ts'
import { arrival } from './errors.ts'

/** Mutual TLS: the certificate goes to its origin, connections are kept, identities change without a restart. */
export function certificates(b: Bench): void {
  const { it } = b
  const client = (name: string): Promise<TlsIdentity> => b.authority.issueClient({ commonName: name })

  it('presents the client certificate, together with the other layers', async () => {
    const layers = [clientCertificate(await client('ours')), apiKey('x-api-key', KEY)]
    expect((await b.client(layers).send({ url: b.api.origin })).status).toBe(200)
    expect(b.api.received[0]).toMatchObject({ certificate: 'ours', headers: { 'x-api-key': KEY } })
  })

  it('presents none without one', async () => {
    await b.client().send({ url: b.api.origin })
    expect(b.api.received[0]?.certificate).toBeUndefined()
  })

  it('presents none to an origin that is not trusted, nor on a redirect to one', async () => {
    b.api.onRequest(() => ({ status: 302, headers: { location: `${b.elsewhere.origin}/to` } }))
    const authenticated = b.client([clientCertificate(await client('ours'))])
    await authenticated.send({ url: b.api.origin })
    await authenticated.send({ url: b.elsewhere.origin })
    expect(b.api.received[0]?.certificate).toBe('ours')
    expect(b.elsewhere.received.map(({ certificate }) => certificate)).toEqual([undefined, undefined])
  })

  it('presents it on a redirect within the origin', async () => {
    b.api.onRequest(({ path }) => (path === '/to' ? {} : { status: 307, headers: { location: '/to' } }))
    const answer = await b.client([clientCertificate(await client('ours'))]).send({
      url: b.api.origin,
      method: 'POST',
      body: 'x',
    })
    expect(answer.status).toBe(200)
    expect(b.api.received.map(({ certificate }) => certificate)).toEqual(['ours', 'ours'])
  })

  it('never mixes two identities at one origin', async () => {
    const names = ['one', 'two', 'three']
    const clients = await Promise.all(
      names.map(async (name) => b.client([clientCertificate(await client(name)), apiKey('x-api-key', name)])),
    )
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => (clients[i % 3] as (typeof clients)[0]).send({ url: b.api.origin })),
    )
    for (const { certificate, headers } of b.api.received) expect(certificate).toBe(headers['x-api-key'])
    expect(b.api.received).toHaveLength(30)
  })

  it('keeps its connections: 200 requests take a handful of handshakes', async () => {
    const authenticated = b.client([clientCertificate(await client('ours'))])
    const before = b.api.connections
    for (let i = 0; i < 200; i++) await authenticated.send({ url: b.api.origin })
    // undici opens a second connection when asked again in the very tick in which the first one falls idle.
    expect(b.api.connections - before).toBeLessThanOrEqual(5)
  })

  it('takes a key with a passphrase', async () => {
    const { cert, key } = await b.authority.issueClient({ commonName: 'locked' })
    const locked = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    }) as string
    await b.client([clientCertificate({ cert, key: locked, passphrase: 'open sesame' })]).send({ url: b.api.origin })
    expect(b.api.received[0]?.certificate).toBe('locked')
  })

  it('uses a new identity from the next request on, and fails none while it changes', async () => {
    const identities = await Promise.all(['1', '2', '3', '4'].map(client))
    let current = 0
    const layers = [
      clientCertificate(() => identities[current] as TlsIdentity),
      apiKey('x-api-key', () => String(current + 1)),
    ]
    const authenticated = b.client(layers)
    b.api.onRequest(() => {
      current = Math.min(Math.floor(b.api.received.length / 50), 3)
      return {}
    })
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        const answer = await authenticated.send({ url: b.api.origin })
        expect(answer.status).toBe(200)
      }
    }
    await Promise.all([worker(), worker(), worker(), worker(), worker()])
    expect(b.api.received).toHaveLength(200)
    for (const { certificate, headers } of b.api.received) expect(certificate).toBe(headers['x-api-key'])
    expect(new Set(b.api.received.map(({ certificate }) => certificate)).size).toBe(4)
  })

  it('lets a request that is under way finish on the identity it began with', async () => {
    const identities = [await client('old'), await client('new')] as const
    let current = 0
    const authenticated = b.client([clientCertificate(() => identities[current] as TlsIdentity)])
    const slow = Promise.withResolvers<void>()
    b.api.onRequest(async ({ path }) => {
      if (path === '/slow') await slow.promise
      return {}
    })
    const underWay = authenticated.send({ url: `${b.api.origin}/slow` })
    await arrival(b)
    current = 1
    await authenticated.send({ url: `${b.api.origin}/next` })
    slow.resolve()
    expect((await underWay).status).toBe(200)
    expect(b.api.received.map(({ path, certificate }) => [path, certificate])).toEqual([
      ['/slow', 'old'],
      ['/next', 'new'],
    ])
  })

  it('trusts a further anchor at its origin, and still the default ones', async () => {
    const authority = await createCertificateAuthority()
    const server = await testServer(await authority.issueServer(), b.authority.certificate)
    try {
      const options = { origins: [server.origin, b.api.origin] }
      const untrusting = b.client([apiKey('x-api-key', KEY)], options)
      await expect(untrusting.send({ url: server.origin })).rejects.toThrow()
      const trusting = b.client([clientCertificate({ ca: authority.certificate })], options)
      expect((await trusting.send({ url: server.origin })).status).toBe(200)
      expect((await trusting.send({ url: b.api.origin })).status).toBe(200)
    } finally {
      await server.close()
    }
  })

  it('replays a request over mutual TLS', async () => {
    let key = 'old-key-0001'
    b.api.onRequest(() => {
      if (b.api.received.length > 1) return {}
      key = 'new-key-0002'
      return { status: 401 }
    })
    const layers = [clientCertificate(await client('ours')), apiKey('x-api-key', () => key)]
    const answer = await b.client(layers).send({ url: b.api.origin, method: 'POST', json: { a: 1 } })
    expect(answer.status).toBe(200)
    expect(b.api.received.map(({ certificate, body }) => [certificate, `${body}`])).toEqual([
      ['ours', '{"a":1}'],
      ['ours', '{"a":1}'],
    ])
  })

  it(
    'shows no private key in the error of a request that fails',
    async () => {
      const identity = await b.authority.issueClient({ commonName: 'ours' })
      b.api.onRequest(() => ({ status: 404 }))
      const error = await b
        .client([clientCertificate(identity)])
        .sendOrThrow({ url: b.api.origin })
        .catch((e) => e)
      const secret = identity.key.split('\n')[1] as string
      expectClean(error, [secret])
    },
    'status-errors',
  )
}
