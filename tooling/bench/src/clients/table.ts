import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Goal, Run, Table } from '../benchmark.ts'
import { type RemoteListener, startApi } from '../loopback/api.ts'
import { digits } from '../timing/format.ts'
import { inFlight } from '../timing/in-flight.ts'
import { type Contender, interleave, type Sample } from '../timing/interleave.ts'
import { sampleOf } from '../timing/samples.ts'
import { median, pairedRatio } from '../timing/statistics.ts'
import type { Tls } from './client.ts'
import { clients } from './index.ts'
import { probeClient } from './probe.ts'
import { TOKEN, warmStrategy } from './strategy.ts'

const AUTHORIZATION = `Bearer ${TOKEN}`
const IN_FLIGHT = 8
const GOAL = 0.97
const COST: Readonly<Record<string, string>> = {
  axios:
    'The adapter adds 12 to 20 µs of CPU: a request interceptor, and a copy of the configuration with its headers, which ' +
    'keeps the credentials out of the one that interceptors and errors see.',
  got:
    "The adapter adds 15 to 25 µs of CPU: got's machinery for a hook on responses, a copy of the options for Node, and " +
    'what keeps the credentials out of everything that got prints.',
  ky: 'The adapter adds about 7 µs of CPU, most of it what ky does for any `init` hook.',
  fetch:
    'The adapter adds 2 to 10 µs of CPU: the options of each request, the promise of a second function that waits, and ' +
    'the collection of both.',
}

interface Way {
  readonly contender: Contender
  readonly listener: RemoteListener
}

/** Each client by itself and wrapped, over HTTP or with mutual TLS. */
export async function clientsTable(
  run: Run,
  title: string,
  mutualTls: boolean,
): Promise<{ table: Table; goals: Goal[] }> {
  const api = startApi()
  try {
    const authority = await createCertificateAuthority()
    const ca = authority.certificate
    const tls: Tls | undefined = mutualTls ? { ...(await authority.issueClient()), ca } : undefined
    const server = mutualTls ? { tls: { ...(await authority.issueServer()), ca } } : {}
    const way = async (name: string, start: (origin: string) => () => Promise<unknown>): Promise<Way> => {
      const listener = await api.open({ authorization: AUTHORIZATION, ...server })
      return { listener, contender: contender(name, start(listener.origin), listener) }
    }
    const ways = new Map<string, { plain: Way; wrapped: Way }>()
    for (const client of clients) {
      ways.set(client.name, {
        plain: await way(`${client.name} by itself`, (origin) =>
          client.plain(`${origin}/shipments`, AUTHORIZATION, tls),
        ),
        wrapped: await way(`${client.name} with @auth`, (origin) =>
          client.wrapped(`${origin}/shipments`, warmStrategy(origin, tls)),
        ),
      })
    }
    const samples = await interleave(
      [...ways.values()].flatMap(({ plain, wrapped }) => [plain.contender, wrapped.contender]),
      {
        rounds: run.quick ? 4 : 300,
        block: run.quick ? 40 : 60,
        progress: (text) => run.progress(`${title}: ${text}`),
      },
    )
    const rows: (string | number)[][] = []
    const goals: Goal[] = []
    for (const [name, { plain, wrapped }] of ways) {
      const bare = sampleOf(samples, plain.contender.name)
      const own = sampleOf(samples, wrapped.contender.name)
      const ratio = pairedRatio(bare.wall, own.wall)
      rows.push([name, perSecond(bare), perSecond(own), ratio.toFixed(3), pairedRatio(bare.cpu, own.cpu).toFixed(3)])
      rows[rows.length - 1]?.push(...(await connections(plain, wrapped, mutualTls)))
      goals.push({
        text: `${name}, ${title}: at least ${GOAL} of itself`,
        figure: ratio.toFixed(3),
        met: ratio >= GOAL,
        why: `${COST[name]} An answer from loopback takes 100 to 300 µs of CPU; a carrier takes 1 000 times as long.`,
      })
    }
    return {
      table: {
        title,
        columns: [
          '',
          'by itself, req/s',
          'with @auth, req/s',
          'ratio',
          'ratio of CPU time',
          ...connectionColumns(mutualTls),
        ],
        rows,
        samples: Object.fromEntries(samples),
      },
      goals,
    }
  } finally {
    await api.close()
  }
}

function contender(name: string, call: () => Promise<unknown>, listener: RemoteListener): Contender {
  return {
    name,
    probe: () => probeClient(call, listener),
    run: (times) => inFlight(IN_FLIGHT, times, call),
  }
}

const perSecond = ({ wall }: Sample): string => digits(1000 / median(wall))

const connectionColumns = (mutualTls: boolean): string[] => [
  'connections',
  ...(mutualTls ? ['full handshakes', 'resumed'] : []),
]

/** What the listeners have counted: by itself, and with @auth. */
async function connections(plain: Way, wrapped: Way, mutualTls: boolean): Promise<string[]> {
  const one = await plain.listener.counters()
  const other = await wrapped.listener.counters()
  const refused = one.refused + other.refused
  if (refused > 0) throw new Error(`${wrapped.contender.name}: ${refused} requests were refused while the clock ran`)
  const counters = ['connections', ...(mutualTls ? (['fullHandshakes', 'resumed'] as const) : [])] as const
  return counters.map((counter) => `${one[counter]} / ${other[counter]}`)
}
