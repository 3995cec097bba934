import { randomBytes } from 'node:crypto'
import { describeTokenStore } from '@auth/testing'
import { type RedisServer, redisCluster, redisServer, withoutRedis } from '@auth/testing/redis-server'
import { afterAll, beforeAll, describe } from 'vitest'
import { redisStore } from '../src/index.ts'
import { type ClientKind, connect, OLDER, type TestClient } from './support/clients.ts'

const KINDS: readonly ClientKind[] = ['redis single', 'ioredis single', 'redis cluster', 'ioredis cluster']

describe.skipIf(withoutRedis)('redisStore', () => {
  const servers: RedisServer[] = []
  const clients: TestClient[] = []
  const older = new Map<string, TestClient>()
  let single: RedisServer
  let cluster: readonly RedisServer[]
  beforeAll(async () => {
    single = await redisServer()
    cluster = await redisCluster()
    servers.push(single, ...cluster)
    for (const [kind, make] of Object.entries(OLDER)) {
      const made = make((kind.endsWith('cluster') ? (cluster[0] as RedisServer) : single).port)
      older.set(kind, made)
      clients.push(made)
    }
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await Promise.all(servers.map((server) => server.stop()))
  })

  const open = (kind: ClientKind): TestClient['client'] => {
    const nodes = kind.endsWith('cluster') ? cluster : [single]
    const made = connect(
      kind,
      nodes.map(({ port }) => port),
    )
    clients.push(made)
    return made.client
  }

  for (const kind of Object.keys(OLDER)) {
    describeTokenStore(`by ${kind}`, () => redisStore((older.get(kind) as TestClient).client))
  }
  for (const kind of KINDS) describeTokenStore(`by ${kind}`, () => redisStore(open(kind)))
  describeTokenStore('with an encryption key', () =>
    redisStore(open('redis single'), { prefix: 'sealed:', encryptionKey: randomBytes(32).toString('base64') }),
  )
})
