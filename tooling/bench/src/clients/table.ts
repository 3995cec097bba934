import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Goal, Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { median, pairedRatio } from '../timing/statistics.ts'
import type { Way } from './client-process.ts'
import { clients } from './index.ts'
import { type Identities, type Measured, measureClient, WAYS } from './measure-client.ts'

const GOAL = 0.97
const COST: Readonly<Record<string, string>> = {
  axios:
    "The adapter hands axios a copy of the configuration and its headers, so that the user's own never shows what was " +
    'attached, and keeps that out of whatever is printed; code by hand does neither.',
  got:
    "The adapter hands Node a copy of got's options, so that the user's own never show what was attached, and keeps that " +
    'out of whatever is printed; code by hand does neither. The rest is what got does for any hook.',
  ky:
    "What ky does for a hook is most of it: by hand, with ky's hooks for requests and responses in place of one that puts " +
    'a fetch there, it is more.',
  fetch:
    'A call has options of its own, where a static header is written down once, and one promise more; code by hand needs ' +
    'both as well. The rest is what is kept until the answer is there, for a replay or a redirect.',
}
const RESOLUTION =
  'An answer from loopback takes 100 to 300 µs of CPU, of which 0.97 leaves 3 to 9; one from a carrier takes 1 000 times ' +
  'as long.'

/** Each client in each of its ways, over HTTP or with mutual TLS. */
export async function clientsTable(
  run: Run,
  title: string,
  mutualTls: boolean,
): Promise<{ table: Table; goals: Goal[] }> {
  const times = run.quick ? 1 : 15
  const tls = mutualTls ? await identities() : undefined
  const rows: (string | number)[][] = []
  const goals: Goal[] = []
  const samples: Record<string, readonly Record<Way, Measured>[]> = {}
  for (const { name } of clients) {
    const answers: Record<Way, Measured>[] = []
    for (let i = 1; i <= times; i++) {
      run.progress(`${title}: ${name}, time ${i} of ${times}`)
      // It takes ten thousand calls until fetch is compiled to its end.
      const timing = run.quick ? { warmUp: 100, rounds: 3, block: 40 } : { warmUp: 10_000, rounds: 14, block: 60 }
      answers.push(await measureClient(name, tls, timing))
    }
    samples[name] = answers
    const ratios = (way: Way, clock: keyof Measured['sample']): number[] =>
      answers.map(({ plain, [way]: other }) => pairedRatio(plain.sample[clock], other.sample[clock]))
    const own = ratios('wrapped', 'wall')
    const figure = median(own).toFixed(3)
    rows.push([
      name,
      ...WAYS.map((way) => perSecond(answers.map(({ [way]: measured }) => measured))),
      median(ratios('handWritten', 'wall')).toFixed(3),
      figure,
      `${Math.min(...own).toFixed(2)} to ${Math.max(...own).toFixed(2)}`,
      median(ratios('handWritten', 'cpu')).toFixed(3),
      median(ratios('wrapped', 'cpu')).toFixed(3),
      ...counted(answers, mutualTls),
    ])
    goals.push({
      text: `${name}, ${title}: at least ${GOAL} of itself`,
      figure,
      met: Number(figure) >= GOAL,
      why: `${COST[name]} ${RESOLUTION}`,
    })
  }
  const columns = [
    '',
    'by itself, req/s',
    'by hand, req/s',
    'with @auth, req/s',
    'by hand, ratio',
    'with @auth, ratio',
    'from one time to another',
    'by hand, ratio of CPU time',
    'with @auth, ratio of CPU time',
  ]
  return { table: { title, columns: [...columns, ...countedColumns(mutualTls)], rows, samples }, goals }
}

async function identities(): Promise<Identities> {
  const authority = await createCertificateAuthority()
  const ca = authority.certificate
  return { client: { ...(await authority.issueClient()), ca }, server: { ...(await authority.issueServer()), ca } }
}

const perSecond = (measured: readonly Measured[]): string =>
  digits(1000 / median(measured.map(({ sample }) => median(sample.wall))))

const countedColumns = (mutualTls: boolean): string[] => [
  'connections',
  ...(mutualTls ? ['full handshakes', 'resumed'] : []),
]

/** What the listeners have counted in one process, way by way. */
function counted(answers: readonly Record<Way, Measured>[], mutualTls: boolean): string[] {
  const counters = ['connections', ...(mutualTls ? (['fullHandshakes', 'resumed'] as const) : [])] as const
  return counters.map((counter) =>
    WAYS.map((way) => median(answers.map((answer) => answer[way].counters[counter]))).join(' / '),
  )
}
