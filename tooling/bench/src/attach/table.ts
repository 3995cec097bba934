import type { Goal, Run, Table } from '../benchmark.ts'
import { makers } from '../keepers/index.ts'
import type { Keeper } from '../keepers/keeper.ts'
import { probeKeeper } from '../keepers/probe.ts'
import { startAuthority } from '../loopback/authority.ts'
import { digits, percent, times } from '../timing/format.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median, pairedRatio, spread } from '../timing/statistics.ts'
import { requests } from './requests.ts'

const OURS = '@auth/core'
const CLOSURE = 'hand-written closure'
/** These look at no origin, header or second clock. */
const DO_LESS = [CLOSURE, '@smithy/property-provider']

export async function attachTable(run: Run): Promise<{ table: Table; closure: Goal; peers: Goal }> {
  const authority = await startAuthority()
  try {
    const contenders = makers.map((make, i) => {
      const account = authority.account(`attach-${i}`)
      const keeper = make(account.tokenEndpoint)
      return contender(keeper, () => probeKeeper(keeper, account))
    })
    const samples = await interleave(contenders, {
      rounds: run.quick ? 5 : 41,
      by: 'cpu',
      block: run.quick ? 30 : 100,
      progress: run.progress,
    })
    const baseline = cpuOf(samples, CLOSURE)
    const own = cpuOf(samples, OURS)
    const rows = contenders.map(({ name }) => {
      const sample = cpuOf(samples, name)
      return [
        name,
        digits(median(sample) * 1e6),
        times(pairedRatio(sample, baseline)),
        times(pairedRatio(sample, own)),
        `± ${percent(spread(sample))}`,
      ]
    })
    const ratio = pairedRatio(own, baseline)
    const ahead = contenders.filter(({ name }) => name !== OURS && !DO_LESS.includes(name))
    const behind = ahead.filter(({ name }) => pairedRatio(cpuOf(samples, name), own) <= 1).map(({ name }) => name)
    return {
      table: {
        title: 'One warm attach, awaited',
        columns: ['', 'ns', 'to the closure', 'to ours', 'spread'],
        rows,
        notes: [
          'The closure and `@smithy/property-provider` do less: they attach to any URL and read one clock. Ours looks at the ' +
            "origin of each request and at the caller's own headers, and reads two clocks, which alone take 80 ns here. " +
            'Nothing is sent by anybody.',
        ],
        samples: Object.fromEntries(samples),
      },
      closure: { text: 'within 2× of a hand-written closure', figure: times(ratio), met: ratio <= 2 },
      peers: {
        text: 'ahead of every peer that does as much',
        figure: behind.length === 0 ? `${ahead.length} of ${ahead.length}` : `behind ${behind.join(', ')}`,
        met: behind.length === 0,
      },
    }
  } finally {
    await authority.close()
  }
}

function contender({ name, attach }: Keeper, probe: () => Promise<void>): Contender {
  const next = requests()
  return {
    name,
    probe,
    async run(count) {
      for (let i = 0; i < count; i++) await attach(next())
    },
  }
}
