import type { RemoteAccount } from '../loopback/authority.ts'
import type { Caller } from './caller.ts'

/**
 * Proves that a caller authenticates, and gets over a token that is revoked.
 *
 * @throws Error saying what it does instead.
 */
export async function probeCaller({ call }: Caller, account: RemoteAccount): Promise<void> {
  const first = await call()
  if (first !== 200) throw new Error(`it is answered with ${first}`)
  const { apiRequests } = await account.counters()
  if (apiRequests !== 1) throw new Error(`it needs ${apiRequests} requests for one`)
  await account.revoke()
  const second = await call()
  if (second !== 200) throw new Error(`it is answered with ${second} after its token was revoked`)
}
