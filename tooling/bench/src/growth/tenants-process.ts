// So many tenants of one kind, in a process of their own: `fork` it with --expose-gc.
import { answerTokenRequests } from './stub-fetch.ts'
import { REQUEST, tenants } from './tenants.ts'

export interface TenantsTask {
  readonly kind: string
  readonly count: number
  readonly rounds: number
  /** ms until the deadlines of the token requests have passed, which weigh as much as a small token. */
  readonly settle: number
}

export interface TenantsFigures {
  /** Bytes that one tenant takes, its token included. */
  readonly bytes: number
  /** ns for one warm attach, of a tenant at random; by round. */
  readonly attach: readonly number[]
}

const ATTACHES = 100_000

process.once('message', async ({ kind, count, rounds, settle }: TenantsTask) => {
  answerTokenRequests()
  const make = tenants[kind]
  if (make === undefined) throw new Error(`there is no ${kind}`)
  // Code and whatever is made once are there before the first tenant is counted.
  for (let i = 0; i < 20; i++) await make(-1 - i).attach(REQUEST)
  const before = heap()
  const all = Array.from({ length: count }, (_, tenant) => make(tenant))
  for (const { attach } of all) await attach(REQUEST)
  await new Promise((resolve) => setTimeout(resolve, settle))
  const bytes = (heap() - before) / count
  const headers = new Set<string>()
  for (const { attach } of all) headers.add(await attach(REQUEST))
  if (headers.size !== count) throw new Error(`${kind}: ${count} tenants have ${headers.size} tokens`)

  let state = 42
  const attach: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = process.threadCpuUsage()
    for (let i = 0; i < ATTACHES; i++) {
      state = (state * 48_271) % 2_147_483_647
      await all[state % count]?.attach(REQUEST)
    }
    const { user, system } = process.threadCpuUsage(start)
    attach.push(((user + system) * 1000) / ATTACHES)
  }
  process.send?.({ bytes, attach } satisfies TenantsFigures, () => process.exit())
})

function heap(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
