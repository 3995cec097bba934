import type { Keeper } from './keeper.ts'
import { API } from './keeper.ts'

/**
 * Proves that a keeper attaches a token of its endpoint, and keeps it.
 *
 * @throws Error saying what it does instead.
 */
export async function probeKeeper(
  keeper: Keeper,
  account: { counters(): Promise<{ tokenRequests: number }> },
): Promise<void> {
  const request = { url: `${API}/shipments`, method: 'GET', headers: {} }
  const first = await keeper.attach(request)
  const second = await keeper.attach(request)
  if (!/^Bearer \S+-1-t+$/.test(first)) throw new Error(`it attaches ${JSON.stringify(first.slice(0, 40))}`)
  if (second !== first) throw new Error('it attaches another token to the second request')
  const { tokenRequests } = await account.counters()
  if (tokenRequests !== 1) throw new Error(`it made ${tokenRequests} token requests for two requests`)
}
