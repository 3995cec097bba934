import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Goal, Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { median, pairedRatio } from '../timing/statistics.ts'
import { clients } from './index.ts'
import { measurePair } from './pair.ts'
import type { PairAnswer, PairQuestion } from './pair-process.ts'

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

/** Each client by itself and wrapped, over HTTP or with mutual TLS; the figures are medians over the processes. */
export async function clientsTable(
  run: Run,
  title: string,
  mutualTls: boolean,
): Promise<{ table: Table; goals: Goal[] }> {
  const processes = run.quick ? 1 : 9
  const tls = mutualTls ? await identities() : undefined
  const rows: (string | number)[][] = []
  const goals: Goal[] = []
  const samples: Record<string, readonly PairAnswer[]> = {}
  for (const { name } of clients) {
    const answers: PairAnswer[] = []
    for (let i = 1; i <= processes; i++) {
      run.progress(`${title}: ${name}, process ${i} of ${processes}`)
      const timing = run.quick ? { rounds: 3, warmUp: 1, block: 40 } : { rounds: 30, warmUp: 10, block: 60 }
      answers.push(await measurePair({ client: name, tls, inFlight: 8, ...timing }))
    }
    samples[name] = answers
    const ratios = answers.map(({ plain, wrapped }) => pairedRatio(plain.sample.wall, wrapped.sample.wall))
    const ofCpu = answers.map(({ plain, wrapped }) => pairedRatio(plain.sample.cpu, wrapped.sample.cpu))
    const figure = median(ratios).toFixed(3)
    rows.push([
      name,
      perSecond(answers.map(({ plain }) => plain)),
      perSecond(answers.map(({ wrapped }) => wrapped)),
      figure,
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      median(ofCpu).toFixed(3),
      ...counted(answers, mutualTls),
    ])
    goals.push({
      text: `${name}, ${title}: at least ${GOAL} of itself`,
      figure,
      met: Number(figure) >= GOAL,
      why: `${COST[name]} An answer from loopback takes 100 to 300 µs of CPU; a carrier takes 1 000 times as long.`,
    })
  }
  const columns = ['', 'by itself, req/s', 'with @auth, req/s', 'ratio', 'in the processes', 'ratio of CPU time']
  return { table: { title, columns: [...columns, ...countedColumns(mutualTls)], rows, samples }, goals }
}

async function identities(): Promise<PairQuestion['tls']> {
  const authority = await createCertificateAuthority()
  const ca = authority.certificate
  return { client: { ...(await authority.issueClient()), ca }, server: { ...(await authority.issueServer()), ca } }
}

const perSecond = (measured: readonly PairAnswer['plain'][]): string =>
  digits(1000 / median(measured.map(({ sample }) => median(sample.wall))))

const countedColumns = (mutualTls: boolean): string[] => [
  'connections',
  ...(mutualTls ? ['full handshakes', 'resumed'] : []),
]

/** What the listeners have counted in one process: by itself, and with @auth. */
function counted(answers: readonly PairAnswer[], mutualTls: boolean): string[] {
  const counters = ['connections', ...(mutualTls ? (['fullHandshakes', 'resumed'] as const) : [])] as const
  return counters.map((counter) => {
    const [plain, wrapped] = (['plain', 'wrapped'] as const).map((way) =>
      median(answers.map((answer) => answer[way].counters[counter])),
    )
    return `${plain} / ${wrapped}`
  })
}
