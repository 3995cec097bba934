import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Run } from '../benchmark.ts'
import { makers } from '../keepers/index.ts'
import { probeKeeper } from '../keepers/probe.ts'
import type { Authority } from '../loopback/authority.ts'
import { digits } from '../timing/format.ts'
import type { LoadFigures } from './load.ts'
import { OURS, type Part } from './part.ts'
import type { Task } from './roll-over-process.ts'

const LATENCY = 50
const HOUR = 3_600_000

/** The token ends while requests keep coming. */
export async function rollOver(run: Run, authority: Authority): Promise<Part> {
  const factor = run.quick ? 2400 : 120
  const task: Task = { factor, rate: run.quick ? 100 : 500, duration: ((HOUR / factor) * 13) / 4, tokenEndpoints: [] }
  const accounts = makers.map((_, i) => authority.account(`roll-over-${i}`))
  for (const [i, make] of makers.entries()) {
    const probed = authority.account(`roll-over-probe-${i}`)
    await probeKeeper(make(probed.tokenEndpoint), probed)
    await accounts[i]!.set({ latency: LATENCY, lifetime: HOUR / 1000 })
  }
  run.progress(`hours of load, ${Math.round(task.duration / 1000)} s`)
  const figures = await load({ ...task, tokenEndpoints: accounts.map(({ tokenEndpoint }) => tokenEndpoint) })
  const rows: (string | number)[][] = []
  for (const [i, { name, rollOvers, blocked, p99, longest, failed }] of figures.entries()) {
    const { tokenRequests } = await accounts[i]!.counters()
    rows.push([name, rollOvers, tokenRequests - 1, blocked, digits(p99), digits(longest), failed])
  }
  const own = figures.find(({ name }) => name === OURS) as LoadFigures
  return {
    table: {
      title: `Expiry under load: ${task.rate} calls a second while tokens of an hour end`,
      columns: ['', 'new tokens', 'token requests', 'blocked callers', 'p99, ms', 'longest, ms', 'failed calls'],
      rows,
      notes: [
        `The clocks that programs read run ${factor} times faster; the token endpoint takes ${LATENCY} ms. A caller is ` +
          'blocked when the event loop comes round before it has its header. p99 and longest are of the wall: p99 over the ' +
          'calls within half a second of a new token, the longest over all, with whatever else the process did.',
      ],
      samples: Object.fromEntries(figures.map((figure) => [figure.name, figure])),
    },
    goal: {
      text: 'nobody waits while a token is replaced',
      figure: `${own.blocked} blocked in ${own.rollOvers} replacements`,
      met: own.blocked === 0 && own.rollOvers > 0,
    },
  }
}

function load(task: Task): Promise<readonly LoadFigures[]> {
  const child = fork(fileURLToPath(import.meta.resolve('./roll-over-process.ts')), { execArgv: [] })
  child.send(task)
  return new Promise((resolve, reject) => {
    child.once('message', (figures: readonly LoadFigures[]) => resolve(figures))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the load has ended with ${code} and no figures`)))
  })
}
