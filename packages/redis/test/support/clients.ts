import { Cluster, Redis } from 'ioredis'
import * as ioredisOldest from 'ioredis-oldest'
import { createClient, createCluster, createSentinel } from 'redis'
import * as redisOldest from 'redis-oldest'
import * as redis5 from 'redis5'
import type { RedisClient } from '../../src/index.ts'
import { until } from './until.ts'

/** Which client, and how Redis is laid out behind it. */
export type ClientKind = `${'redis' | 'ioredis'} ${'single' | 'cluster' | 'sentinel'}`

export const SINGLE: readonly ClientKind[] = ['redis single', 'ioredis single']

/** What is made with a library of an older major: `redis` 4 and 5, `ioredis` 5. */
export const OLDER: Readonly<Record<string, (port: number) => TestClient>> = {
  'redis 4 single': (port) => redis4(redisOldest.createClient({ url: url(port) })),
  'redis 5 single': (port) => nodeRedis(redis5.createClient({ url: url(port) })),
  'redis 5 cluster': (port) => nodeRedis(redis5.createCluster({ rootNodes: [{ url: url(port) }] })),
  'ioredis 5 single': (port) => ioredis(new ioredisOldest.default.default(port, HOST)),
  'ioredis 5 cluster': (port) => ioredis(new ioredisOldest.Cluster([{ host: HOST, port }])),
}

export interface TestClient {
  readonly client: RedisClient
  /** Ends the connection, as the store never does. */
  close(): void
}

const HOST = '127.0.0.1'
const url = (port: number): string => `redis://${HOST}:${port}`

/** A client as its README makes one; it is connecting, and goes on trying. `ports`: of the sentinels, or of the nodes. */
export function connect(kind: ClientKind, ports: readonly number[]): TestClient {
  const [port = 0] = ports
  const nodes = ports.map((each) => ({ host: HOST, port: each }))
  switch (kind) {
    case 'redis single':
      return nodeRedis(createClient({ url: url(port) }))
    case 'redis cluster':
      return nodeRedis(createCluster({ rootNodes: ports.map((each) => ({ url: url(each) })) }))
    case 'redis sentinel':
      return nodeRedis(createSentinel({ name: 'main', sentinelRootNodes: nodes, scanInterval: 500 }))
    case 'ioredis single':
      return ioredis(new Redis(port, HOST))
    case 'ioredis cluster':
      return ioredis(new Cluster(nodes))
    case 'ioredis sentinel':
      return ioredis(new Redis({ name: 'main', sentinels: nodes }))
  }
}

/** Resolves when a client has a connection, which a busy machine takes a while for. */
export async function connected({ client }: TestClient): Promise<void> {
  await until(() => {
    if ('status' in client) return client.status === 'ready'
    return client.isReady ?? (client.masters?.length ?? 0) > 0
  })
}

interface Connectable {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
}

function nodeRedis(client: RedisClient & Connectable & { destroy(): unknown }): TestClient {
  return connecting(client, () => client.destroy())
}

/** The client of redis 4: it has `disconnect` where the later ones have `destroy`. */
function redis4(client: RedisClient & Connectable & { disconnect(): Promise<void> }): TestClient {
  return connecting(client, () => client.disconnect())
}

function connecting(client: RedisClient & Connectable, end: () => unknown): TestClient {
  client.on('error', () => {})
  client.connect().catch(() => {})
  return {
    client,
    close() {
      // It throws when it is closed already.
      try {
        void Promise.resolve(end()).catch(() => {})
      } catch {}
    },
  }
}

function ioredis(
  client: RedisClient & { on(event: 'error', listener: () => void): unknown; disconnect(): void },
): TestClient {
  client.on('error', () => {})
  return { client, close: () => client.disconnect() }
}
