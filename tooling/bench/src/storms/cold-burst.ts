import type { Run } from '../benchmark.ts'
import type { Authority } from '../loopback/authority.ts'
import { burst, coldKeepers } from './keepers.ts'
import { OURS, type Part } from './part.ts'

const LATENCY = 50

/** Nobody has a token yet, and everybody wants one. */
export async function coldBurst(run: Run, authority: Authority): Promise<Part> {
  const sizes = run.quick ? [10, 200] : [10, 200, 5000]
  const figures = new Map<string, string[]>()
  let own = 0
  let failed = 0
  for (const size of sizes) {
    for (const kept of await coldKeepers(authority, `cold-${size}`)) {
      const { name } = kept.keeper
      run.progress(`${size} cold calls, ${name}`)
      await kept.account.set({ latency: LATENCY })
      const result = await burst(kept, size)
      if (name === OURS) {
        own = Math.max(own, result.tokenRequests)
        failed += result.failed
      }
      figures.set(name, [
        ...(figures.get(name) ?? []),
        result.failed === 0 ? `${result.tokenRequests}` : `${result.tokenRequests}, ${result.failed} failed`,
      ])
    }
  }
  return {
    table: {
      title: 'Cold burst: token requests made by so many calls at once',
      columns: ['', ...sizes.map((size) => `${size} calls`)],
      rows: [...figures].map(([name, cells]) => [name, ...cells]),
      notes: [`The token endpoint takes ${LATENCY} ms. Ideal: 1.`],
    },
    goal: {
      text: 'a cold burst of any size makes one token request, and no call fails',
      figure: `${own} and ${failed}`,
      met: own === 1 && failed === 0,
    },
  }
}
