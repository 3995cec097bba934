// One process of a fleet: `fork` it, tell it what it is, and let all of them make their calls.
import { redisStore } from '@auth/redis'
import { createClient } from 'redis'
import { makers } from '../keepers/index.ts'
import type { MakeKeeper } from '../keepers/keeper.ts'
import { oursWith } from '../keepers/ours.ts'
import { REQUEST } from './keepers.ts'

export type FleetQuestion =
  | { readonly redis: string | undefined }
  | { readonly maker: number; readonly tokenEndpoint: string; readonly calls: number }

export interface FleetAnswer {
  /** Names of what this process can be asked for, by number. */
  readonly names: readonly string[]
  readonly failed: number
}

let kinds: Promise<readonly MakeKeeper[]>

process.on('message', async (question: FleetQuestion & { readonly id: number }) => {
  if ('redis' in question) kinds = connected(question.redis)
  const all = await kinds
  const failed = 'maker' in question ? await calls(all[question.maker] as MakeKeeper, question) : 0
  const names = all.map((make) => make('http://127.0.0.1:9/').name)
  process.send?.({ id: question.id, names, failed } satisfies FleetAnswer & { id: number })
})
process.once('disconnect', () => process.exit())

/** What shares nothing, and ours with a store in Redis. */
async function connected(url: string | undefined): Promise<readonly MakeKeeper[]> {
  if (url === undefined) return makers
  const client = await createClient({ url }).connect()
  return [oursWith('@auth/core with @auth/redis', redisStore(client)), ...makers]
}

async function calls(make: MakeKeeper, task: { tokenEndpoint: string; calls: number }): Promise<number> {
  const { attach } = make(task.tokenEndpoint)
  const headers = await Promise.all(
    Array.from({ length: task.calls }, async () => attach(REQUEST)).map((header) => header.catch(() => '')),
  )
  return headers.filter((header) => !/^Bearer \S+-\d+-t+$/.test(header)).length
}
