import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Seen, StandIn } from './consumer/sandbox.ts'
import type { Consumer } from './consumer.ts'

export interface RunningStandIn extends StandIn {
  seen(): Promise<Seen>
  stop(): Promise<void>
}

/** Starts the packed sandbox in a process of its own, from the consumer's folder. */
export async function startStandIn({ folder, env }: Consumer): Promise<RunningStandIn> {
  const child = fork(join(folder, 'sandbox.ts'), { cwd: folder, env, execPath: process.execPath, execArgv: [] })
  const ended = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => Promise.reject(new Error(`the sandbox ended with exit code ${code}`))),
    ])
    return message
  }
  const standIn = (await answer()) as StandIn
  return {
    ...standIn,
    async seen() {
      child.send('seen')
      return (await answer()) as Seen
    },
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
