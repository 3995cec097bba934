import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { redisServer } from '@auth/testing/redis-server'
import { run } from './command.ts'
import type { Seen } from './consumer/sandbox.ts'
import type { Consumer } from './consumer.ts'
import type { RunningStandIn } from './stand-in.ts'

/**
 * Runs an example in the consumer's folder against the sandbox, or against one that it starts itself; with a Redis under
 * `REDIS_URL` if it has a client for one.
 *
 * @throws Error when it fails, prints nothing, or when no carrier has accepted a call of it.
 */
export async function runExample(file: string, consumer: Consumer, standIn: RunningStandIn): Promise<void> {
  const source = await readFile(join(consumer.folder, file), 'utf8')
  const redis = /from '(io)?redis'/.test(source) ? await redisServer() : undefined
  const ca = join(consumer.folder, 'ca.pem')
  await writeFile(ca, standIn.ca)
  const before = accepted(await standIn.seen())
  try {
    const { stdout } = await run(process.execPath, ['--import', './reroute.ts', file], {
      cwd: consumer.folder,
      timeout: 30_000,
      env: {
        ...consumer.env,
        ...standIn.env,
        ...(redis !== undefined && { REDIS_URL: redis.url }),
        NODE_EXTRA_CA_CERTS: ca,
        SANDBOX_ROUTES: JSON.stringify(standIn.routes),
      },
    })
    if (stdout.trim() === '') throw new Error('it ended well, but printed nothing')
  } finally {
    await redis?.stop()
  }
  const called = accepted(await standIn.seen()) > before
  if (!called && !source.includes("from '@auth/sandbox'")) {
    throw new Error('it ended well, but no carrier accepted a call of it')
  }
}

/** API calls that were neither 401 nor 403. */
function accepted(seen: Seen): number {
  return Object.values(seen).reduce((sum, { apiCalls, apiRejections }) => sum + apiCalls - apiRejections, 0)
}
