import { Agent as HttpAgent } from 'node:http'
import { Agent } from 'node:https'
import { createSecureContext } from 'node:tls'
import { inspect } from 'node:util'
import { apiKey, clientCertificate, createStrategy, type Layer } from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import { tlsServers } from '@auth/testing'
import axios, { type AxiosError } from 'axios'
import { describe, expect, test, vi } from 'vitest'
import { withAuth } from '../src/index.ts'
import { loopback } from './loopback.ts'
import { strategyFor } from './strategies.ts'

const servers = tlsServers()

const strategy = (...layers: Layer[]) => createStrategy({ origins: [servers.api.origin], layers })
const ours = async () => ({
  ...(await servers.authority.issueClient({ commonName: 'ours' })),
  ca: servers.authority.certificate,
})
const caught = (promise: Promise<unknown>): Promise<AxiosError & { option?: string }> =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error) => error,
  )

describe('a client certificate', () => {
  test("takes the place of an agent of the user's on its origin, and leaves it the others", async () => {
    servers.api.onRequest(() => ({ status: 302, headers: { location: servers.elsewhere.origin } }))
    const httpsAgent = new Agent({ keepAlive: true, ca: servers.authority.certificate })
    const instance = withAuth(axios.create({ httpsAgent }), strategy(clientCertificate(await ours())))
    const response = await instance.get(servers.api.origin)
    expect(response.status).toBe(200)
    expect(response.config.httpsAgent).toBe(httpsAgent)
    expect(servers.api.received[0]?.certificate).toBe('ours')
    expect(servers.elsewhere.received[0]?.certificate).toBeUndefined()
  })

  test("yields to one that the user's agent presents", async () => {
    const httpsAgent = new Agent({
      ...(await servers.authority.issueClient({ commonName: 'mine' })),
      ca: servers.authority.certificate,
    })
    const instance = withAuth(axios.create({ httpsAgent }), strategy(clientCertificate(await ours())))
    await instance.get(servers.api.origin)
    expect(servers.api.received[0]?.certificate).toBe('mine')
  })

  test('is refused with an agent of another kind, a proxy, and by HTTP/2, at the call', async () => {
    class ProxyAgent extends Agent {}
    const instance = withAuth(axios.create(), strategy(clientCertificate(await ours())))
    const error = await caught(instance.get(servers.api.origin, { httpsAgent: new ProxyAgent() }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'httpsAgent' })
    expect(await caught(instance.get(servers.api.origin, { httpVersion: 2 }))).toMatchObject({ option: 'httpVersion' })
    const proxy = { host: '127.0.0.1', port: 1 }
    expect(await caught(instance.get(servers.api.origin, { proxy }))).toMatchObject({ option: 'proxy' })
    expect(servers.api.received).toHaveLength(0)
  })

  test("leaves the user's agent its pinning, limits and pool, adds what it lacks, and changes nothing of it", async () => {
    const checkServerIdentity = vi.fn(() => undefined)
    const httpsAgent = new Agent({ keepAlive: true, maxSockets: 1, checkServerIdentity })
    const before = { ...httpsAgent.options }
    const keys = Reflect.ownKeys(httpsAgent)
    const instance = withAuth(axios.create({ httpsAgent }), strategy(clientCertificate(await ours())))
    const calls = Array.from({ length: 4 }, () => instance.get(servers.api.origin))
    expect(Object.keys(httpsAgent.sockets).length).toBeLessThanOrEqual(1)
    await Promise.all(calls)
    expect(checkServerIdentity).toHaveBeenCalledTimes(1)
    expect(new Set(servers.api.received.map(({ connection }) => connection)).size).toBe(1)
    expect(servers.api.received.map(({ certificate }) => certificate)).toEqual(Array(4).fill('ours'))
    const names = [...Object.keys(httpsAgent.freeSockets), ...Object.keys(httpsAgent.sockets)]
    expect(names).toHaveLength(1)
    expect(names.join()).not.toContain('PRIVATE KEY')
    expect({ ...httpsAgent.options }).toEqual(before)
    expect(Reflect.ownKeys(httpsAgent)).toEqual(keys)
  })

  test("lets the user's pinning refuse the server", async () => {
    const httpsAgent = new Agent({ checkServerIdentity: () => new Error('not the pinned key') })
    const layers = [clientCertificate({ ca: servers.authority.certificate }), clientCertificate(await ours())]
    for (const layer of layers) {
      const error = await caught(withAuth(axios.create({ httpsAgent }), strategy(layer)).get(servers.api.origin))
      expect(error.message).toBe('not the pinned key')
    }
    expect(servers.api.received).toHaveLength(0)
  })

  test('keeps two identities apart that are presented by one agent', async () => {
    const httpsAgent = new Agent({ keepAlive: true })
    const instances = await Promise.all(
      ['one', 'two'].map(async (commonName) => {
        const identity = await servers.authority.issueClient({ commonName })
        const layers = [
          clientCertificate({ ...identity, ca: servers.authority.certificate }),
          apiKey('x-api-key', commonName),
        ]
        return withAuth(axios.create({ httpsAgent }), strategy(...layers))
      }),
    )
    for (const instance of [...instances, ...instances]) await instance.get(servers.api.origin)
    for (const { certificate, headers } of servers.api.received) expect(certificate).toBe(headers['x-api-key'])
    expect(servers.api.received).toHaveLength(4)
  })

  test("adds trust anchors to an agent of the user's that has its own, or a certificate", async () => {
    const other = await createCertificateAuthority()
    const mine = await servers.authority.issueClient({ commonName: 'mine' })
    class OwnAgent extends Agent {}
    const anchors = clientCertificate({ ca: servers.authority.certificate })
    for (const httpsAgent of [new OwnAgent({ ca: other.certificate }), new Agent({ ...mine, ca: other.certificate })]) {
      const instance = withAuth(axios.create({ httpsAgent }), strategy(anchors))
      expect((await instance.get(servers.api.origin)).status).toBe(200)
    }
    expect(servers.api.received.map(({ certificate }) => certificate)).toEqual([undefined, 'mine'])
  })

  test('is refused with an agent that has a secureContext, at the call', async () => {
    const httpsAgent = new Agent({ secureContext: createSecureContext() })
    const instance = withAuth(axios.create({ httpsAgent }), strategy(clientCertificate(await ours())))
    expect(await caught(instance.get(servers.api.origin))).toMatchObject({ option: 'httpsAgent' })
  })

  test('leaves an agent of another kind its own trust anchors', async () => {
    class ProxyAgent extends Agent {}
    const instance = withAuth(axios.create(), strategy(clientCertificate({ ca: servers.authority.certificate })))
    const httpsAgent = new ProxyAgent({ ca: servers.authority.certificate })
    expect((await instance.get(servers.api.origin, { httpsAgent })).status).toBe(200)
  })
})

describe('an agent of the user', () => {
  test('does not show, in an error, what it sends for others', async () => {
    const server = await loopback(({ url }, response) => {
      if (url === '/fails') response.writeHead(500).end()
    })
    const httpAgent = new HttpAgent({ keepAlive: true })
    const instance = withAuth(
      axios.create({ baseURL: server.origin, httpAgent }),
      strategyFor(server.origin, apiKey('x-api-key', 'secret-key')),
    )
    const controller = new AbortController()
    const other = caught(instance.get('/hangs', { signal: controller.signal }))
    const error = await caught(instance.get('/fails'))
    expect(Object.values(httpAgent.sockets)).not.toEqual([])
    expect(inspect(error, { depth: 10 })).not.toContain('secret-key')
    expect(JSON.stringify(error)).not.toContain('secret-key')
    expect(error.config?.httpAgent).toBe(httpAgent)
    controller.abort()
    await other
  })
})
