import { makers } from '../keepers/index.ts'
import type { Keeper } from '../keepers/keeper.ts'
import { probeKeeper } from '../keepers/probe.ts'
import type { Authority, RemoteAccount } from '../loopback/authority.ts'

export interface Kept {
  readonly keeper: Keeper
  readonly account: RemoteAccount
}

/** A cold keeper of each kind, with an account of its own; one of the same kind has proved before that it works. */
export async function coldKeepers(authority: Authority, purpose: string): Promise<Kept[]> {
  const kept: Kept[] = []
  for (const [i, make] of makers.entries()) {
    const probed = authority.account(`${purpose}-probe-${i}`)
    const { name } = make(probed.tokenEndpoint)
    // The middleware keeps its token as the rest of its package does.
    if (name.includes('mw()')) continue
    await probeKeeper(make(probed.tokenEndpoint), probed)
    const account = authority.account(`${purpose}-${i}`)
    kept.push({ keeper: make(account.tokenEndpoint), account })
  }
  return kept
}

export const REQUEST = { url: 'https://api.carrier.example/shipments', method: 'GET', headers: {} }

export interface Burst {
  readonly tokenRequests: number
  readonly failed: number
}

/** So many calls at once: how many token requests that made, and how many of the calls failed. */
export async function burst({ keeper, account }: Kept, calls: number): Promise<Burst> {
  const before = await account.counters()
  const outcomes = await Promise.allSettled(Array.from({ length: calls }, async () => keeper.attach(REQUEST)))
  const after = await account.counters()
  const failed = outcomes.filter(({ status }) => status === 'rejected').length
  return { tokenRequests: after.tokenRequests - before.tokenRequests, failed }
}
