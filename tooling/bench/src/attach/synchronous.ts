import { bearer, createStrategy, tokenCache } from '@auth/core'
import type { Goal, Run, Table } from '../benchmark.ts'
import { API } from '../keepers/keeper.ts'
import { digits, percent, times } from '../timing/format.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median, pairedRatio, spread } from '../timing/statistics.ts'
import { requests } from './requests.ts'

const OURS = '@auth/core'
const CLOSURE = 'hand-written closure'
const GUARDED = 'hand-written closure that looks at the origin'
const HEADER = `Bearer ${'t'.repeat(300)}`
const EARLY = 60_000

type Attach = (request: { url: string }) => { readonly authorization?: string } | undefined

/** The floor: nobody awaits anything, and the closure that is compared with does next to nothing. */
export async function synchronousTable(run: Run): Promise<{ table: Table; goal: Goal }> {
  const contenders = [ours(), closure(), guarded()]
  const samples = await interleave(contenders, {
    rounds: run.quick ? 5 : 41,
    by: 'cpu',
    block: run.quick ? 30 : 100,
    progress: run.progress,
  })
  const own = cpuOf(samples, OURS)
  const baseline = cpuOf(samples, CLOSURE)
  const ratio = pairedRatio(own, cpuOf(samples, GUARDED))
  return {
    table: {
      title: 'The same without `await`',
      columns: ['', 'ns', 'to the closure', 'spread'],
      rows: contenders.map(({ name }) => {
        const sample = cpuOf(samples, name)
        return [
          name,
          digits(median(sample) * 1e6),
          times(pairedRatio(sample, baseline)),
          `± ${percent(spread(sample))}`,
        ]
      }),
      notes: [
        'While a token is at hand `strategy.authorize` answers synchronously, which the adapters make use of. It reads two ' +
          'clocks, wall and monotonic, where the closures read one.',
      ],
      samples: Object.fromEntries(samples),
    },
    goal: {
      text: 'without `await`, within 2× of a closure that looks at the origin',
      figure: times(ratio),
      met: ratio <= 2,
    },
  }
}

function ours(): Contender {
  const source = tokenCache({
    token: () => ({ value: HEADER.slice('Bearer '.length), expiresAt: Date.now() + 3_600_000 }),
  })
  const strategy = createStrategy({ origins: [API], layers: [bearer(source)] })
  const attach: Attach = (request) => {
    const credentials = strategy.authorize({ method: 'GET', headers: {}, ...request })
    return credentials instanceof Promise ? undefined : credentials.headers
  }
  return {
    ...contender(OURS, () => undefined),
    async probe() {
      await strategy.authorize({ url: API, method: 'GET', headers: {} })
      check(attach)
      if (attach({ url: 'https://elsewhere.example/' }) !== undefined) throw new Error('it attaches anywhere')
    },
    run: timed((request) => strategy.authorize(request)),
  }
}

function closure(): Contender {
  const current = { authorization: HEADER }
  const expiresAt = Date.now() + 3_600_000
  return contender(CLOSURE, () => (Date.now() > expiresAt - EARLY ? undefined : current))
}

function guarded(): Contender {
  const current = { authorization: HEADER }
  const expiresAt = Date.now() + 3_600_000
  return contender(GUARDED, ({ url }) => {
    if (new URL(url).origin !== API) return undefined
    return Date.now() > expiresAt - EARLY ? undefined : current
  })
}

function contender(name: string, attach: Attach): Contender {
  return { name, probe: () => check(attach), run: timed(attach) }
}

function timed(attach: (request: ReturnType<ReturnType<typeof requests>>) => unknown): (count: number) => void {
  const next = requests()
  return (count) => {
    for (let i = 0; i < count; i++) if (attach(next()) === undefined) throw new Error('it attached nothing')
  }
}

function check(attach: Attach): void {
  if (attach({ url: `${API}/shipments` })?.authorization !== HEADER) throw new Error('it does not attach the token')
}
