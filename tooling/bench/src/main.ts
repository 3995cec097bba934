import { parseArgs } from 'node:util'
import { load, names } from './catalog.ts'
import { writeDocument } from './document.ts'
import { progressLine } from './progress.ts'
import { readResults, writeResult } from './results.ts'
import { runBenchmark } from './run-benchmark.ts'
import { terminalTable } from './terminal.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' }, quick: { type: 'boolean' }, document: { type: 'boolean' } },
})
const unknown = positionals.filter((name) => !names().includes(name))

if (values.help) {
  console.log(await help())
} else if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${names().join(', ')}.`)
  process.exitCode = 2
} else {
  try {
    if (!values.document) for (const name of positionals.length > 0 ? positionals : names()) await measure(name)
    if (!values.quick) writeDocument(readResults())
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

async function measure(name: string): Promise<void> {
  const line = progressLine(name)
  const result = await runBenchmark(name, values.quick === true, line.show)
  line.clear()
  console.log(`\n${name}: ${result.title}\n`)
  for (const table of result.tables) console.log(terminalTable(table))
  for (const { text, figure, met } of result.goals) console.log(`${met ? '✓' : '✗'} ${text}: ${figure}`)
  // What was measured in a hurry must not stand where figures stand.
  if (!values.quick) writeResult(result)
}

async function help(): Promise<string> {
  const benchmarks = await Promise.all(names().map(async (name) => `  ${name.padEnd(12)}${(await load(name)).title}`))
  return `Usage: pnpm bench [names] [--quick] [--document]

Measures ours beside what users would pick instead. Figures go to tooling/bench/results, the report made of them to
docs/benchmarks.md.

Benchmarks, all of them by default:
${benchmarks.join('\n')}

Options:
  --quick     A few seconds for each: proves that they run, writes nothing.
  --document  Writes the report again from the figures that are there, and measures nothing.
  --help      This text.`
}
