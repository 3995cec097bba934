import type { Benchmark } from '../benchmark.ts'
import { carriersTable } from '../growth/carriers-table.ts'
import { concurrencyTable } from '../growth/concurrency-table.ts'
import { tenantsTable } from '../growth/tenants-table.ts'

export const benchmark: Benchmark = {
  title: 'Growth: many tenants, several carriers, many requests at once',
  method:
    'CPU time of the main thread, and heap after garbage collection. Tokens are answered in the process, so that nothing ' +
    'but what keeps them is measured; requests in flight go to a server on loopback in a process of its own.',
  async run(run) {
    return {
      tables: [await tenantsTable(run), await carriersTable(run), await concurrencyTable(run)],
      goals: [],
    }
  },
}
