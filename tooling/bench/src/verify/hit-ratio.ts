import type { Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median } from '../timing/statistics.ts'
import type { MakeChecker } from './checker.ts'
import { aws, fastCached, fastUncached, jose, ours, signatureOnly } from './checkers.ts'
import { checking, pool } from './checking.ts'
import { type Algorithm, issuer } from './issuer.ts'

const RATIOS = [0, 0.5, 0.9, 0.99, 1]
const CACHED: readonly MakeChecker[] = [ours, fastCached]
const UNCACHED: readonly MakeChecker[] = [aws, fastUncached, jose, signatureOnly]

/** The cost of a check by the share of tokens that were seen before. */
export async function hitRatioTable(run: Run, algorithm: Algorithm): Promise<Table> {
  const tokens = issuer(algorithm)
  run.progress(`${algorithm}: signing tokens`)
  const size = run.quick ? 50 : 1000
  const hot = pool(tokens, size / 4)
  // More than are remembered, in turn: none of them is there any more when it comes round again.
  const cold = pool(tokens, size * 3)
  const contenders = [
    ...CACHED.flatMap((make) =>
      RATIOS.map((ratio) => {
        const checker = make(tokens, size)
        return checking(checker, tokens, stream(hot, cold, ratio), `${checker.name} ${ratio}`)
      }),
    ),
    ...UNCACHED.map((make) => checking(make(tokens, 0), tokens, stream(hot, cold, 0.5))),
  ]
  const samples = await interleave(contenders, {
    rounds: run.quick ? 3 : 21,
    by: 'cpu',
    block: run.quick ? 20 : 80,
    progress: (text) => run.progress(`${algorithm}: ${text}`),
  })
  const cost = (name: string): string => digits(median(cpuOf(samples, name)) * 1000)
  return {
    title: `${algorithm}: µs for one check, by the share of tokens seen before`,
    columns: ['', ...RATIOS.map((ratio) => `${ratio * 100} %`)],
    rows: [
      ...CACHED.map((make) => {
        const { name } = make(tokens, size)
        return [name, ...RATIOS.map((ratio) => cost(`${name} ${ratio}`))]
      }),
      ...UNCACHED.map((make) => {
        const { name } = make(tokens, 0)
        return [name, cost(name), ...RATIOS.slice(1).map(() => '"')]
      }),
    ],
    notes: [`Caches hold ${size} tokens. What does not remember tokens pays the same at every share.`],
    samples: Object.fromEntries(samples),
  }
}

/** Tokens of which about `ratio` are from the hot pool, in an order that is the same for everybody. */
function stream(hot: readonly Buffer[], cold: readonly Buffer[], ratio: number): () => Buffer {
  let hits = 0
  let misses = 0
  let due = 0
  return () => {
    due += ratio
    if (due >= 1) {
      due -= 1
      return hot[hits++ % hot.length] as Buffer
    }
    return cold[misses++ % cold.length] as Buffer
  }
}
