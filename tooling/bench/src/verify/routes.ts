import type { Goal, Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { sampleOf } from '../timing/samples.ts'
import { median, pairedRatio } from '../timing/statistics.ts'
import { type App, probeRoute, startApp, UNPROTECTED } from './app.ts'
import { pool } from './checking.ts'
import { type Algorithm, type Issuer, issuer } from './issuer.ts'

const BARE = 'digest and Map'
const OURS = '@auth/express'
const GOAL = 0.96

interface Route extends Contender {
  /** ms of the app's CPU for one request, by round; the first entries are of warming up. */
  readonly cpu: number[]
}

/** Requests a second of the same Express route behind each contender, with tokens that it has seen before. */
export async function routesTable(run: Run, algorithm: Algorithm): Promise<{ table: Table; goal: Goal }> {
  const tokens = issuer(algorithm)
  const warm = pool(tokens, 256)
  const app = await startApp(tokens, 16)
  try {
    const rounds = run.quick ? 3 : 60
    const routes = app.names.map((name) => route(app, name, tokens, warm))
    const samples = await interleave(routes, {
      rounds,
      block: run.quick ? 50 : 120,
      progress: (text) => run.progress(`${algorithm}: ${text}`),
    })
    const wall = (name: string): readonly number[] => sampleOf(samples, name).wall
    const cpu = (name: string): readonly number[] =>
      routes.find((route) => route.name === name)?.cpu.slice(-rounds) ?? []
    const ratio = pairedRatio(cpu(BARE), cpu(OURS))
    return {
      table: {
        title: `${algorithm}: requests a second of one Express 5 route, 256 tokens seen before`,
        columns: ['', 'req/s', 'to no protection', 'to digest and Map', 'CPU, µs/req', 'CPU to digest and Map'],
        rows: app.names.map((name) => [
          name,
          digits(1000 / median(wall(name))),
          pairedRatio(wall(UNPROTECTED), wall(name)).toFixed(3),
          pairedRatio(wall(BARE), wall(name)).toFixed(3),
          digits(median(cpu(name)) * 1000),
          pairedRatio(cpu(BARE), cpu(name)).toFixed(3),
        ]),
        notes: [
          'Sixteen connections, app and load in processes of their own. CPU is what the app’s main thread spent on a request, ' +
            'as a throughput: 0.5 is twice as much as the digest and the Map need. Bare `fast-jwt`, `jose`, `aws-jwt-verify` ' +
            'and the Map stand behind the same dozen lines of middleware.',
        ],
        samples: {
          wall: Object.fromEntries(samples),
          cpu: Object.fromEntries(app.names.map((name) => [name, cpu(name)])),
        },
      },
      goal: {
        text: `${algorithm}, warm: at least ${GOAL} of a digest and a Map`,
        figure: ratio.toFixed(3),
        met: ratio >= GOAL,
        why:
          'Beyond the digest the route decides on every line of the header as it came over the wire, on whom a bound token ' +
          'is bound to, and hands the route a frozen identity, which it keeps with the request.',
      },
    }
  } finally {
    await app.close()
  }
}

function route(app: App, name: string, tokens: Issuer, warm: readonly Buffer[]): Route {
  const requests = warm.map((token) => app.request(name, token))
  const cpu: number[] = []
  let next = 0
  return {
    name,
    cpu,
    probe: () => probeRoute(app, name, tokens),
    async run(times) {
      const before = await app.cpu()
      let left = times
      const worker = async (connection: App['connections'][number]): Promise<void> => {
        while (left-- > 0) {
          const status = await connection.send(requests[next++ % requests.length] as Buffer)
          if (status !== 200) throw new Error(`${name} answers a good token with ${status}`)
        }
      }
      await Promise.all(app.connections.map(worker))
      cpu.push(((await app.cpu()) - before) / times)
    },
  }
}
