// Keeps all keepers under load while tokens end, in a process whose time runs faster.
import { setInterval as every } from 'node:timers/promises'
import { speedUp } from './fast-time.ts'

export interface Task {
  /** How much faster time runs. */
  readonly factor: number
  /** Token endpoints, in the order of the makers. */
  readonly tokenEndpoints: readonly string[]
  /** ms. */
  readonly duration: number
  /** Calls a second to each keeper. */
  readonly rate: number
}

const TICK = 10

process.once('message', async ({ factor, tokenEndpoints, duration, rate }: Task) => {
  const { realNow } = speedUp(factor)
  const { makers } = await import('../keepers/index.ts')
  const { watched } = await import('./load.ts')
  const { REQUEST } = await import('./keepers.ts')
  const keepers = tokenEndpoints.map((endpoint, i) => makers[i]!(endpoint))
  // The first token is the cold burst's business.
  for (const keeper of keepers) await keeper.attach(REQUEST)
  const watching = keepers.map((keeper) => watched(keeper, realNow))
  const end = realNow() + duration
  for await (const _ of every(TICK)) {
    if (realNow() > end) break
    for (const { tick } of watching) tick((rate * TICK) / 1000)
  }
  await new Promise((resolve) => setTimeout(resolve, 1000))
  process.send?.(
    watching.map(({ figures }) => figures()),
    () => process.exit(),
  )
})
