import type { Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median } from '../timing/statistics.ts'
import { digestAndMap, fastCached, ours } from './checkers.ts'
import { checking, pool } from './checking.ts'
import { issuer } from './issuer.ts'

const REMEMBERED = 10_000
const MAKERS = [ours, fastCached, digestAndMap]

/** The cost of a check by how many tokens are in use at the same time. */
export async function workingSetTable(run: Run): Promise<Table> {
  const tokens = issuer('ES256')
  const sizes = run.quick ? [10, 1000] : [10, 100, 1000, 10_000, 100_000]
  const columns: string[][] = []
  const raw: Record<string, unknown> = {}
  for (const size of sizes) {
    run.progress(`${size} tokens: signing`)
    const all = pool(tokens, size)
    const contenders = MAKERS.map((make) => checking(make(tokens, REMEMBERED), tokens, inRandomOrder(all)))
    const samples = await interleave(contenders, {
      warmUp: size * 2,
      rounds: run.quick ? 3 : 15,
      by: 'cpu',
      block: run.quick ? 20 : 100,
      progress: (text) => run.progress(`${size} tokens: ${text}`),
    })
    columns.push(contenders.map(({ name }) => digits(median(cpuOf(samples, name)) * 1000)))
    raw[size] = Object.fromEntries(samples)
  }
  const names = MAKERS.map((make) => make(tokens, REMEMBERED).name)
  return {
    title: 'ES256: µs for one check, by the number of tokens in use',
    columns: ['', ...sizes.map((size) => digits(size))],
    rows: names.map((name, row) => [name, ...columns.map((column) => column[row] as string)]),
    notes: [
      `Tokens come in random order; ours, by default, and fast-jwt remember ${digits(REMEMBERED)} of them, the Map all: it ` +
        'would grow for ever.',
    ],
    samples: raw,
  }
}

/** The same pseudo-random order for everybody (a multiplicative generator modulo a Mersenne prime). */
function inRandomOrder(all: readonly Buffer[]): () => Buffer {
  let state = 42
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return all[state % all.length] as Buffer
  }
}
