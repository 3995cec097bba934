// Runs one benchmark, in a process of its own: no other benchmark has warmed or littered it.
import type { Outcome } from './benchmark.ts'
import { load } from './catalog.ts'

export type Report =
  | { readonly progress: string }
  | { readonly outcome: Outcome; readonly title: string; readonly method: string }

const [name = '', quick] = process.argv.slice(2)
const report = (what: Report): unknown => process.send?.(what)

const { title, method, run } = await load(name)
const outcome = await run({ quick: quick === 'quick', progress: (text) => report({ progress: text }) })
process.send?.({ outcome, title, method } satisfies Report, () => process.exit())
