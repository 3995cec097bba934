import type { Benchmark, Run, Table } from '../benchmark.ts'
import { bundleSize } from '../start-up/bundle-size.ts'
import { importTime } from '../start-up/import-time.ts'
import { type Imported, INBOUND, OUTBOUND } from '../start-up/packages.ts'
import { digits } from '../timing/format.ts'
import { median } from '../timing/statistics.ts'

export const benchmark: Benchmark = {
  title: 'Start-up: what importing costs',
  method:
    'Import time is of a fresh process, rounds of all packages alternating; the client or framework that a program brings ' +
    'itself is loaded before the clock starts. Size is of everything that the package exports and needs, bundled for Node, ' +
    'minified and compressed by gzip, again without that client or framework.',
  async run(run) {
    return { tables: [await table(run, 'Outbound', OUTBOUND), await table(run, 'Inbound', INBOUND)], goals: [] }
  },
}

async function table(run: Run, title: string, packages: readonly Imported[]): Promise<Table> {
  const chosen = run.quick ? packages.slice(0, 3) : packages
  const times = new Map<string, number[]>(chosen.map(({ name }) => [name, []]))
  const rounds = run.quick ? 2 : 11
  for (let round = 0; round < rounds; round++) {
    run.progress(`importing, round ${round + 1} of ${rounds}`)
    for (const imported of chosen) times.get(imported.name)?.push(await importTime(imported))
  }
  const rows: string[][] = []
  for (const imported of chosen) {
    const { name, given = [] } = imported
    run.progress(`bundling ${name}`)
    const size = `${digits((await bundleSize(imported)) / 1024)} KiB`
    rows.push([name, digits(median(times.get(name) ?? [])), size, given.join(', ')])
  }
  return {
    title,
    columns: ['', 'import, ms', 'gzip', 'already there'],
    rows,
    samples: Object.fromEntries(times),
  }
}
