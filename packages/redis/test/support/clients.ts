import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisClient } from '../../src/index.ts'

/** Which client, and how Redis is laid out behind it. */
export type ClientKind = `${'redis' | 'ioredis'} ${'single' | 'cluster' | 'sentinel'}`

export const SINGLE: readonly ClientKind[] = ['redis single', 'ioredis single']

export interface TestClient {
  readonly client: RedisClient
  /** Ends the connection, as the store never does. */
  close(): void
}

/** A client as its README makes one; it is connecting, and goes on trying. `ports`: of the sentinels, or of the nodes. */
export function connect(kind: ClientKind, ports: readonly number[]): TestClient {
  const [port = 0] = ports
  const host = '127.0.0.1'
  const nodes = ports.map((each) => ({ host, port: each }))
  switch (kind) {
    case 'redis single':
      return nodeRedis(createClient({ url: `redis://${host}:${port}` }))
    case 'redis cluster':
      return nodeRedis(createCluster({ rootNodes: ports.map((each) => ({ url: `redis://${host}:${each}` })) }))
    case 'redis sentinel':
      return nodeRedis(createSentinel({ name: 'main', sentinelRootNodes: nodes, scanInterval: 500 }))
    case 'ioredis single':
      return ioredis(new Redis(port, host))
    case 'ioredis cluster':
      return ioredis(new Cluster(nodes))
    case 'ioredis sentinel':
      return ioredis(new Redis({ name: 'main', sentinels: nodes }))
  }
}

type Unconnected = RedisClient & {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

function nodeRedis(client: Unconnected): TestClient {
  client.on('error', () => {})
  client.connect().catch(() => {})
  return {
    client,
    close() {
      // It throws when it is closed already.
      try {
        void Promise.resolve(client.destroy()).catch(() => {})
      } catch {}
    },
  }
}

function ioredis(client: Redis | Cluster): TestClient {
  client.on('error', () => {})
  return { client, close: () => client.disconnect() }
}
