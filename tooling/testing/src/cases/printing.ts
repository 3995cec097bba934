import net, { type AddressInfo } from 'node:net'
import { apiKey, bearer, clientCertificate, queryKey } from '@auth/core'
import { expect } from 'vitest'
import { type Bench, KEY, QUERY_KEY } from '../bench.ts'
import type { TestClient } from '../client.ts'
import { expectUnprintable } from '../printed.ts'
import { testServer } from '../server.ts'
import { arrival } from './errors.ts'

interface Failure {
  readonly name: string
  /** Fails, and yields what the client threw. */
  fail(client: (origins?: string[]) => TestClient, b: Bench): Promise<unknown>
  readonly isStatus?: boolean
}

const thrownBy = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => expect.unreachable('nothing was thrown'),
    (error: unknown) => error,
  )

const FAILURES: readonly Failure[] = [
  {
    name: 'a 500 for a POST',
    isStatus: true,
    fail(client, b) {
      b.api.onRequest(() => ({ status: 500, body: '{}' }))
      return thrownBy(client().sendOrThrow({ url: b.api.origin, method: 'POST', json: { a: 1 } }))
    },
  },
  {
    name: 'a 401 for good',
    isStatus: true,
    fail(client, b) {
      b.api.onRequest(() => ({ status: 401 }))
      return thrownBy(client().sendOrThrow({ url: b.api.origin }))
    },
  },
  {
    name: 'a server that is not there',
    async fail(client, b) {
      const gone = await testServer(await b.authority.issueServer(), b.authority.certificate)
      await gone.close()
      return thrownBy(client([gone.origin]).send({ url: gone.origin, method: 'POST', json: { a: 1 } }))
    },
  },
  {
    name: 'a host that is not known',
    fail: (client) => thrownBy(client(['https://unknown.invalid']).send({ url: 'https://unknown.invalid/' })),
  },
  {
    name: 'a handshake that hangs',
    async fail(client) {
      const sockets: net.Socket[] = []
      const connected = Promise.withResolvers<void>()
      const server = net.createServer((socket) => {
        sockets.push(socket.on('error', () => {}))
        connected.resolve()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      const controller = new AbortController()
      const { signal } = controller
      const thrown = thrownBy(client([origin]).send({ url: origin, method: 'POST', json: { a: 1 }, signal }))
      await connected.promise
      controller.abort()
      const error = await thrown
      for (const socket of sockets) socket.destroy()
      server.close()
      return error
    },
  },
  {
    name: 'a connection that breaks off',
    async fail(client, b) {
      b.api.onRequest(() => new Promise(() => {}))
      const thrown = thrownBy(client().send({ url: b.api.origin, method: 'POST', json: { a: 1 } }))
      await arrival(b)
      b.api.drop()
      return thrown
    },
  },
  {
    name: 'a redirect without end',
    fail(client, b) {
      b.api.onRequest(({ path }) => ({ status: 302, headers: { location: path } }))
      return thrownBy(client().send({ url: `${b.api.origin}/from` }))
    },
  },
]

/** Whichever way an error, a response or a part of them is printed, it shows nothing of what was attached. */
export function printing(b: Bench): void {
  for (const { name, fail, isStatus } of FAILURES) {
    b.it(
      `shows nothing, whichever way it is printed, of ${name}`,
      async () => {
        const identity = await b.authority.issueClient({ commonName: 'ours' })
        const layers = [
          bearer(b.tokens),
          apiKey('x-api-key', KEY),
          queryKey('api-key', QUERY_KEY),
          clientCertificate(identity),
        ]
        const error = await fail((origins) => b.client(layers, origins && { origins }), b)
        expect(error).toBeInstanceOf(Error)
        expectUnprintable(error, [...b.secrets(), String(identity.key).split('\n')[1] as string])
      },
      isStatus ? 'status-errors' : undefined,
    )
  }
}
