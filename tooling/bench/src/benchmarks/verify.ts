import type { Benchmark } from '../benchmark.ts'
import { floodTable } from '../verify/flood.ts'
import { hitRatioTable } from '../verify/hit-ratio.ts'
import type { Algorithm } from '../verify/issuer.ts'
import { routesTable } from '../verify/routes.ts'
import { workingSetTable } from '../verify/working-set.ts'

export const benchmark: Benchmark = {
  title: 'Verify: what protecting a route costs',
  method:
    'Tokens reach every contender as fresh strings, as they come off a socket: a string object that is used twice has its ' +
    'hash already, which flatters caches. Keys, tokens and order are the same for all; each contender has proved before ' +
    'that it lets a good token in and a forged one not. The cost of a check is CPU time of the main thread; other threads, ' +
    'which `jose` verifies on, come on top.',
  async run(run) {
    const algorithms: readonly Algorithm[] = run.quick ? ['ES256'] : ['RS256', 'ES256', 'EdDSA']
    const routes = []
    for (const algorithm of algorithms) routes.push(await routesTable(run, algorithm))
    const ratios = []
    for (const algorithm of algorithms) ratios.push(await hitRatioTable(run, algorithm))
    const sets = await workingSetTable(run)
    const flood = await floodTable(run)
    return {
      tables: [...routes.map(({ table }) => table), ...ratios, sets, flood.table],
      goals: [...routes.map(({ goal }) => goal), flood.goal],
    }
  },
}
