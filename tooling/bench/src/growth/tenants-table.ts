import { fork } from 'node:child_process'
import type { Run, Table } from '../benchmark.ts'
import { digits } from '../timing/format.ts'
import { median } from '../timing/statistics.ts'
import { tenants } from './tenants.ts'
import type { TenantsFigures, TenantsTask } from './tenants-process.ts'

const SETTLE = 11_000

/** What a tenant takes, and whether the thousandth still costs what the first did. */
export async function tenantsTable(run: Run): Promise<Table> {
  const counts = run.quick ? [1, 100] : [1, 100, 10_000, 100_000]
  const rows: string[][] = []
  const samples: Record<string, unknown> = {}
  for (const kind of Object.keys(tenants)) {
    const cells = [kind]
    for (const count of counts) {
      run.progress(`${count} tenants, ${kind}`)
      const figures = await measure({
        kind,
        count,
        rounds: run.quick ? 2 : 9,
        settle: run.quick || count === 1 ? 0 : SETTLE,
      })
      samples[`${kind}, ${count}`] = figures
      const cost = `${digits(median(figures.attach))} ns`
      // The first tenant's bytes drown in what else the heap does.
      cells.push(count === 1 ? cost : `${digits(figures.bytes / 1024)} KiB, ${cost}`)
    }
    rows.push(cells)
  }
  return {
    title: 'Memory of a tenant, and its warm attach, by the number of tenants',
    columns: ['', ...counts.map((count) => digits(count))],
    rows,
    notes: [
      'Each tenant has an account and a token of 300 characters of its own. Heap after garbage collection, in a process of ' +
        'its own for each figure; the tenant that attaches is another one each time, at random: with many of them that is ' +
        'the time it takes to fetch them from memory.',
    ],
    samples,
  }
}

function measure(task: TenantsTask): Promise<TenantsFigures> {
  const child = fork(new URL('./tenants-process.ts', import.meta.url), { execArgv: ['--expose-gc'] })
  child.send(task)
  return new Promise((resolve, reject) => {
    child.once('message', (figures: TenantsFigures) => resolve(figures))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${task.count} of ${task.kind} ended with ${code} and no figures`)))
  })
}
