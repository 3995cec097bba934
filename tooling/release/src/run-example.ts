import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandOutput, run } from './command.ts'
import type { Seen } from './consumer/sandbox.ts'
import type { Consumer } from './consumer.ts'
import type { RunningStandIn } from './stand-in.ts'

/**
 * Runs an example in the consumer's folder against the sandbox, or against one that it starts itself.
 *
 * @throws Error when it fails, prints nothing, or when no carrier has accepted a call of it.
 */
export async function runExample(file: string, consumer: Consumer, standIn: RunningStandIn): Promise<CommandOutput> {
  const ca = join(consumer.folder, 'ca.pem')
  await writeFile(ca, standIn.ca)
  const before = accepted(await standIn.seen())
  const output = await run(process.execPath, ['--import', './reroute.ts', file], {
    cwd: consumer.folder,
    timeout: 30_000,
    env: {
      ...consumer.env,
      ...standIn.env,
      NODE_EXTRA_CA_CERTS: ca,
      SANDBOX_ROUTES: JSON.stringify(standIn.routes),
    },
  })
  const ownSandbox = (await readFile(join(consumer.folder, file), 'utf8')).includes("from '@auth/sandbox'")
  if (!ownSandbox && accepted(await standIn.seen()) === before)
    throw new Error('it ended well, but no carrier accepted a call of it')
  if (output.stdout.trim() === '') throw new Error('it ended well, but printed nothing')
  return output
}

/** API calls that were neither 401 nor 403. */
function accepted(seen: Seen): number {
  return Object.values(seen).reduce((sum, { apiCalls, apiRejections }) => sum + apiCalls - apiRejections, 0)
}
