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
    'The adapter adds 10 to 17 µs of CPU. An interceptor that does nothing but set a header adds 3 of them; the rest is a ' +
    'copy of the configuration and its headers, and what keeps the credentials out of whatever is printed.',
  got:
    "The adapter adds 15 to 25 µs of CPU. got's machinery for an empty hook on responses adds 5 to 7 of them; the rest is " +
    'a copy of the options for Node, and what keeps the credentials out of whatever is printed.',
  ky: 'The adapter adds up to 10 µs of CPU; what ky does for an empty `init` hook is most of it.',
  fetch:
    'The adapter adds 4 to 10 µs of CPU. Options that are made anew for each call add 1 to 3 of them, where those of a ' +
    'static header are made once; the rest is what is kept until the answer is there, for a replay or a redirect.',
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
      answers.push(await measurePair({ client: name, tls, ...timing }))
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
