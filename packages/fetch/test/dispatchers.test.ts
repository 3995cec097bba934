import { ConfigurationError, clientCertificate, createStrategy, trustAnchors } from '@auth/core'
import { tlsServers } from '@auth/testing'
import {
  Agent,
  EnvHttpProxyAgent,
  getGlobalDispatcher,
  interceptors,
  MockAgent,
  Pool,
  ProxyAgent,
  setGlobalDispatcher,
} from 'undici'
import * as undici8 from 'undici8'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { withAuth } from '../src/index.ts'

const servers = tlsServers()

const identity = async () => ({
  ...(await servers.authority.issueClient({ commonName: 'ours' })),
  ca: servers.authority.certificate,
})
const authenticated = async (by: typeof fetch = fetch) =>
  withAuth(by, createStrategy({ origins: [servers.api.origin], layers: [clientCertificate(await identity())] }))
const thrownBy = (sending: Promise<unknown>): Promise<Error> =>
  sending.then(
    () => expect.unreachable(),
    (error) => error,
  )

/** Sets the dispatcher of all of Node's fetch for one test. */
function setGlobal(dispatcher: Agent | MockAgent | EnvHttpProxyAgent): void {
  const before = getGlobalDispatcher()
  setGlobalDispatcher(dispatcher)
  onTestFinished(() => setGlobalDispatcher(before))
}

describe.each(['given', 'global'] as const)('a %s dispatcher', (kind) => {
  const send = async (dispatcher: Agent | MockAgent | EnvHttpProxyAgent) => {
    if (kind === 'global') setGlobal(dispatcher)
    const by = await authenticated()
    return by(servers.api.origin, (kind === 'given' ? { dispatcher } : {}) as unknown as RequestInit)
  }

  test('keeps what it checks of a server beside the certificate', async () => {
    const checkServerIdentity = vi.fn(() => new Error('pinned'))
    const error = await thrownBy(send(new Agent({ connect: { checkServerIdentity } })))
    expect(error.cause).toMatchObject({ message: 'pinned' })
    expect(servers.api.received).toEqual([])
  })

  test('keeps its limits beside the certificate', async () => {
    const agent = new Agent({ connections: 1, connect: { ca: servers.authority.certificate } })
    if (kind === 'global') setGlobal(agent)
    const by = await authenticated()
    const before = servers.api.connections
    const init = (kind === 'given' ? { dispatcher: agent } : {}) as unknown as RequestInit
    await Promise.all(Array.from({ length: 5 }, async () => (await by(servers.api.origin, init)).text()))
    expect(servers.api.received.map(({ certificate }) => certificate)).toEqual(Array(5).fill('ours'))
    expect(servers.api.connections - before).toBe(1)
  })

  test('presents its own certificate, where it has one', async () => {
    const mine = await servers.authority.issueClient({ commonName: 'mine' })
    await send(new Agent({ connect: { ...mine, ca: servers.authority.certificate } }))
    expect(servers.api.received[0]?.certificate).toBe('mine')
  })

  test('answers in the place of the server, where it is a mock', async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    mock.get(servers.api.origin).intercept({ path: '/' }).reply(200, 'mocked')
    expect(await (await send(mock)).text()).toBe('mocked')
    expect(servers.api.received).toEqual([])
  })

  test.each<[string, () => unknown]>([
    ['a proxy', () => new ProxyAgent('http://127.0.0.1:9')],
    ['the proxy of the environment', () => new EnvHttpProxyAgent({ httpsProxy: 'http://127.0.0.1:9' })],
    ['interceptors', () => new Agent().compose(interceptors.dump())],
    ['a pool', () => new Pool(servers.api.origin)],
    ['a connect function', () => new Agent({ connect: () => {} })],
    ['a factory of its own', () => new Agent({ factory: (origin, options) => new Pool(origin, options) })],
    ['a class of its own', () => new (class Own extends Agent {})()],
  ])('is refused, and nothing is sent, where it is or has %s', async (_, make) => {
    const error = await thrownBy(send(make() as Agent))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: 'dispatcher' })
    expect(servers.api.received).toEqual([])
  })

  test('is completed where it is the proxy of the environment, and the host is exempt', async () => {
    vi.stubEnv('NO_PROXY', 'other.example, 127.0.0.1')
    onTestFinished(() => void vi.unstubAllEnvs())
    await send(new EnvHttpProxyAgent({ httpsProxy: 'http://127.0.0.1:9' }))
    expect(servers.api.received[0]?.certificate).toBe('ours')
  })
})

test('a dispatcher is completed by trust anchors alone, too, and refused where it cannot be', async () => {
  const layers = [trustAnchors(servers.authority.certificate)]
  const by = withAuth(fetch, createStrategy({ origins: [servers.api.origin], layers }))
  const checkServerIdentity = () => new Error('pinned')
  const pinned = await thrownBy(
    by(servers.api.origin, { dispatcher: new Agent({ connect: { checkServerIdentity } }) } as unknown as RequestInit),
  )
  expect(pinned.cause).toMatchObject({ message: 'pinned' })
  const refused = await thrownBy(
    by(servers.api.origin, { dispatcher: new ProxyAgent('http://127.0.0.1:9') } as unknown as RequestInit),
  )
  expect(refused).toMatchObject({ option: 'dispatcher' })
})

test('a dispatcher of undici 8 is completed for its own fetch', async () => {
  const by = await authenticated(undici8.fetch as unknown as typeof fetch)
  const checkServerIdentity = () => new Error('pinned')
  const dispatcher = new undici8.Agent({ connect: { checkServerIdentity } })
  expect((await thrownBy(by(servers.api.origin, { dispatcher } as unknown as RequestInit))).cause).toMatchObject({
    message: 'pinned',
  })
})

test('a dispatcher stays in place for requests that carry no certificate', async () => {
  const by = await authenticated()
  const error = await thrownBy(
    by(servers.elsewhere.origin, { dispatcher: new ProxyAgent('http://127.0.0.1:9') } as unknown as RequestInit),
  )
  expect(error).not.toBeInstanceOf(ConfigurationError)
})
