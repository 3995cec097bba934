import { redisServer, withoutRedis } from '@auth/testing/redis-server'
import type { Goal, Run, Table } from '../benchmark.ts'
import type { Authority } from '../loopback/authority.ts'
import { type Child, startChild } from '../loopback/child.ts'
import type { FleetAnswer, FleetQuestion } from './fleet-process.ts'

const CALLS = 10
const LATENCY = 50
const SHARED = '@auth/core with @auth/redis'

/** A fleet is deployed: all of its processes start at once, each with a burst of its own. */
export async function fleet(run: Run, authority: Authority): Promise<{ table: Table; goals: readonly Goal[] }> {
  const size = run.quick ? 4 : 20
  const redis = withoutRedis ? undefined : await redisServer()
  const module = new URL('./fleet-process.ts', import.meta.url)
  const processes = Array.from({ length: size }, (): Child<FleetQuestion, FleetAnswer> => startChild(module))
  try {
    run.progress(`starting ${size} processes`)
    const ask = (question: FleetQuestion): Promise<FleetAnswer[]> =>
      Promise.all(processes.map((process) => process.ask(question)))
    const [{ names } = { names: [] }] = await ask({ redis: redis?.url })
    const rows: (string | number)[][] = []
    for (const [maker, name] of names.entries()) {
      if (name.includes('mw()')) continue
      run.progress(`${size} processes, ${name}`)
      const account = authority.account(`fleet-${maker}`)
      await account.set({ latency: LATENCY })
      const answers = await ask({ maker, tokenEndpoint: account.tokenEndpoint, calls: CALLS })
      const { tokenRequests } = await account.counters()
      rows.push([name, tokenRequests, answers.reduce((sum, { failed }) => sum + failed, 0)])
    }
    const shared = rows.find(([name]) => name === SHARED)
    return {
      table: {
        title: `A fleet starts: ${size} processes, ${CALLS} calls at once in each`,
        columns: ['', 'token requests', 'failed calls'],
        rows,
        notes: [
          `The token endpoint takes ${LATENCY} ms. What does not share tokens needs at least one request for each ` +
            'process; FedEx locks an address out that makes more than 15 in 5 s.',
        ],
      },
      goals:
        shared === undefined
          ? []
          : [
              {
                text: 'a fleet that shares a store makes one token request, and no call fails',
                figure: `${shared[1]} and ${shared[2]}`,
                met: shared[1] === 1 && shared[2] === 0,
              },
            ],
    }
  } finally {
    // Before their Redis goes.
    await Promise.all(processes.map(({ close }) => close()))
    await redis?.stop()
  }
}
