// One process of a fleet: makes a strategy for each account it is given, asks each for credentials, and says what came.
import type { AuthEvent } from '@auth/core'
import { carriers } from '@auth/core/carriers'
import { redisStore } from '@auth/redis'
import { createClient } from 'redis'

export interface FleetOrder {
  readonly carrier: string
  readonly accounts: readonly object[]
  readonly options: object
  readonly url: string
  readonly redisPort: number
}

/** What came of an order. */
export interface FleetReport {
  /** `token`, or the code of the error, for each account. */
  readonly outcomes: readonly string[]
  /** How often the store did not answer in time: what follows is then limited by the process alone. */
  readonly storeFailures: number
}

const order = JSON.parse(process.argv[2] as string) as FleetOrder
const client = createClient({ socket: { port: order.redisPort } })
await client.connect()
const store = redisStore(client)
const carrier = carriers.find(({ id }) => id === order.carrier)
if (carrier === undefined) throw new Error(`there is no ${order.carrier}`)
let storeFailures = 0
const onEvent = ({ type }: AuthEvent): void => {
  if (type === 'store-failed') storeFailures++
}
const strategies = order.accounts.map((credentials) =>
  carrier.create(credentials, { ...order.options, store, onEvent }),
)

// All begin together, and none while it is still loading.
process.once('message', async () => {
  const outcomes = await Promise.all(
    strategies.map(async (strategy) => {
      try {
        await strategy.authorize({ url: order.url, method: 'GET', headers: {} })
        return 'token'
      } catch (error) {
        return String((error as { code?: string }).code)
      }
    }),
  )
  process.send?.({ outcomes, storeFailures } satisfies FleetReport)
  client.destroy()
  process.disconnect?.()
})
process.send?.('ready')
