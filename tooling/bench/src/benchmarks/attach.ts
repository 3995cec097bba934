import { schemesTable } from '../attach/schemes.ts'
import { synchronousTable } from '../attach/synchronous.ts'
import { attachTable } from '../attach/table.ts'
import type { Benchmark } from '../benchmark.ts'

export const benchmark: Benchmark = {
  title: 'Attach: what authentication adds to a request while a token is at hand',
  method:
    'Each contender holds a token that its own machinery requested from a token endpoint on loopback, and is asked for the ' +
    'Authorization header of a request, awaited as its callers must. Requests come from a ring of fresh objects with ' +
    'fresh URLs. Blocks of all contenders alternate in one process; the clock is the CPU time of the main thread.',
  async run(run) {
    const attach = await attachTable(run)
    const synchronous = await synchronousTable(run)
    const schemes = await schemesTable(run)
    return {
      tables: [attach.table, synchronous.table, schemes],
      goals: [attach.closure, attach.peers, synchronous.goal],
    }
  },
}
