import type { Benchmark } from '../benchmark.ts'
import { startAuthority } from '../loopback/authority.ts'
import { coldBurst } from '../storms/cold-burst.ts'
import { fleet } from '../storms/fleet.ts'
import { late401 } from '../storms/late-401.ts'
import { rollOver } from '../storms/roll-over.ts'
import { wrongCredentials } from '../storms/wrong-credentials.ts'

export const benchmark: Benchmark = {
  title: 'Storms: what reaches the token endpoint, and who has to wait, when much happens at once',
  method:
    'Token endpoint and API are on loopback in a process of their own, with an account for each contender; the figures are ' +
    'what that process has counted. Counts do not depend on the machine.',
  async run(run) {
    const authority = await startAuthority()
    try {
      const parts = [
        await coldBurst(run, authority),
        await late401(run, authority),
        await wrongCredentials(run, authority),
        await rollOver(run, authority),
      ]
      const deployed = await fleet(run, authority)
      return {
        tables: [...parts, deployed].map(({ table }) => table),
        goals: [...parts.map(({ goal }) => goal), ...deployed.goals],
      }
    } finally {
      await authority.close()
    }
  },
}
