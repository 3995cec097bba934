import type { Run } from '../benchmark.ts'
import type { MakeCaller } from '../callers/caller.ts'
import { ourCallers } from '../callers/ours.ts'
import { peerCallers } from '../callers/peers.ts'
import { probeCaller } from '../callers/probe.ts'
import type { Authority } from '../loopback/authority.ts'
import type { Part } from './part.ts'

const CALLS = 100
const REFUSALS_OVER = 300
const LATENCY = 20

interface Storm {
  readonly name: string
  readonly tokenRequests: number
  readonly apiRequests: number
  readonly failed: number
}

/** A token is revoked while a hundred calls are under way with it; their refusals come one after the other. */
export async function late401(run: Run, authority: Authority): Promise<Part> {
  const own: Storm[] = []
  const peers: Storm[] = []
  for (const [i, make] of ourCallers.entries()) own.push(await storm(run, authority, `own-${i}`, make))
  for (const [i, make] of peerCallers.entries()) peers.push(await storm(run, authority, `peer-${i}`, make))
  const tokenRequests = Math.max(...own.map((storm) => storm.tokenRequests))
  const failed = own.reduce((sum, storm) => sum + storm.failed, 0)
  return {
    table: {
      title: `Late 401s: ${CALLS} calls with a revoked token, refused over ${REFUSALS_OVER} ms`,
      columns: ['', 'token requests', 'API requests', 'failed calls'],
      rows: [...own, ...peers].map((storm) => [storm.name, storm.tokenRequests, storm.apiRequests, storm.failed]),
      notes: [`The token endpoint takes ${LATENCY} ms. Ideal: 1 token request, ${2 * CALLS} API requests, no failure.`],
    },
    goal: {
      text: 'late 401s cost one token request, and no call fails',
      figure: `${tokenRequests} and ${failed}`,
      met: tokenRequests === 1 && failed === 0,
    },
  }
}

async function storm(run: Run, authority: Authority, purpose: string, make: MakeCaller): Promise<Storm> {
  const probed = authority.account(`late-probe-${purpose}`)
  const { name } = make(probed)
  run.progress(`late 401s, ${name}`)
  await probeCaller(make(probed), probed)
  const account = authority.account(`late-${purpose}`)
  const { call } = make(account)
  await call()
  await account.set({ latency: LATENCY, refusalsOver: REFUSALS_OVER })
  await account.revoke()
  const before = await account.counters()
  const statuses = await Promise.all(Array.from({ length: CALLS }, () => call().catch(() => 0)))
  const after = await account.counters()
  return {
    name,
    tokenRequests: after.tokenRequests - before.tokenRequests,
    apiRequests: after.apiRequests - before.apiRequests,
    failed: statuses.filter((status) => status !== 200).length,
  }
}
