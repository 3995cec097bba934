import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { clientCertificate, createStrategy } from '@auth/core'
import { tlsServers } from '@auth/testing'
import newest, { type AxiosStatic } from 'axios'
import oldest from 'axios-oldest'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { withAuth } from '../src/index.ts'

const servers = tlsServers()

/** An HTTP proxy in the environment, for the length of the current test. */
async function environmentProxy(noProxy = ''): Promise<{ readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(`CONNECT ${url}`)
    const through = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const end of [socket, through]) end.on('error', () => {})
    onTestFinished(() => {
      for (const end of [socket, through]) end.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    server.close()
  })
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const [name, value] of [
    ['https_proxy', proxy],
    ['no_proxy', noProxy],
  ] as const) {
    vi.stubEnv(name, value)
    vi.stubEnv(name.toUpperCase(), value)
  }
  return { asked }
}

// The types of the oldest are another release's.
describe.each<[string, AxiosStatic]>([
  ['axios', newest],
  ['the oldest axios', oldest as unknown as AxiosStatic],
])('a client certificate, a proxy in the environment and %s', (_, axios) => {
  const instance = async () => {
    const identity = {
      ...(await servers.authority.issueClient({ commonName: 'ours' })),
      ca: servers.authority.certificate,
    }
    return withAuth(
      axios.create(),
      createStrategy({ origins: [servers.api.origin], layers: [clientCertificate(identity)] }),
    )
  }

  test('are refused at the call, which says what to do', async () => {
    const { asked } = await environmentProxy()
    const sending = (await instance()).get(servers.api.origin)
    await expect(sending).rejects.toMatchObject({
      code: 'ERR_AUTH_CONFIGURATION',
      option: 'proxy',
      message: expect.stringMatching(/^proxy: must be false for https:.*HTTPS_PROXY.*NO_PROXY/),
    })
    expect(asked).toEqual([])
  })

  test.each([
    ['the call says `proxy: false`', '', { proxy: false as const }],
    ['NO_PROXY names the host', '127.0.0.1', {}],
  ])('go together when %s', async (_, noProxy, config) => {
    const { asked } = await environmentProxy(noProxy)
    await (await instance()).get(servers.api.origin, config)
    expect(servers.api.received[0]?.certificate).toBe('ours')
    expect(asked).toEqual([])
  })
})

test("leaves a proxy to an agent of the user's that has a certificate itself", async () => {
  const { asked } = await environmentProxy()
  const mine = { ...(await servers.authority.issueClient({ commonName: 'mine' })), ca: servers.authority.certificate }
  const ours = clientCertificate(await servers.authority.issueClient({ commonName: 'ours' }))
  // Of an address, axios would make a server name in the tunnel.
  const origin = servers.api.origin.replace('127.0.0.1', 'localhost')
  const strategy = createStrategy({ origins: [origin], layers: [ours] })
  await withAuth(newest.create({ httpsAgent: new Agent(mine) }), strategy).get(origin)
  expect(servers.api.received[0]?.certificate).toBe('mine')
  expect(asked).toEqual([`CONNECT ${new URL(origin).host}`])
})
