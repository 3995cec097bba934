import type { Run } from '../benchmark.ts'
import type { Authority } from '../loopback/authority.ts'
import { burst, coldKeepers, REQUEST } from './keepers.ts'
import { OURS, type Part } from './part.ts'

const SEQUENTIAL = 20
const AT_ONCE = 200
/** So many refusals lock an account at Posti, for an hour. */
const LOCKS_AT = 5

/** The password was changed and nobody told the service. */
export async function wrongCredentials(run: Run, authority: Authority): Promise<Part> {
  const rows: (readonly (string | number)[])[] = []
  let own = 0
  for (const kept of await coldKeepers(authority, 'wrong')) {
    const { keeper, account } = kept
    run.progress(`wrong credentials, ${keeper.name}`)
    await account.set({ refuse: true })
    let failed = 0
    for (let i = 0; i < SEQUENTIAL; i++) {
      await Promise.resolve(keeper.attach(REQUEST)).catch(() => failed++)
    }
    if (failed !== SEQUENTIAL) throw new Error(`${keeper.name} succeeds with credentials that are refused`)
    const { tokenRequests } = await account.counters()
    const storm = await burst(kept, AT_ONCE)
    const total = tokenRequests + storm.tokenRequests
    if (keeper.name === OURS) own = total
    rows.push([keeper.name, tokenRequests, storm.tokenRequests, total >= LOCKS_AT ? 'locked' : 'open'])
  }
  return {
    table: {
      title: 'Wrong credentials: token requests made in vain',
      columns: ['', `${SEQUENTIAL} calls, one after the other`, `${AT_ONCE} more at once`, 'the account at Posti'],
      rows,
      notes: [`Posti locks an account for an hour after ${LOCKS_AT} refusals.`],
    },
    goal: { text: 'refused credentials are tried once', figure: `${own}`, met: own === 1 },
  }
}
