// One process of a fleet: holds strategies on a store of its own, and does what its parent says.
import type { AuthEvent, Strategy } from '@auth/core'
import { redisStore } from '../../src/index.ts'
import { connect, connected } from './clients.ts'
import type { Order, Report, Setting } from './orders.ts'
import { patientClock } from './patient-clock.ts'
import { ORIGIN, strategyOf } from './strategy.ts'

const setting = JSON.parse(process.argv[2] as string) as Setting
const connection = connect(setting.kind, setting.ports)
const store = redisStore(
  connection.client,
  setting.encryptionKey === undefined ? {} : { encryptionKey: setting.encryptionKey },
)
const strategies = new Map<string, Strategy>()
const events: AuthEvent[] = []
// Time passes for the tokens, not for the timers.
let passed = 0
const clock = patientClock({ passed: () => passed })

const request = { url: `${ORIGIN}/`, method: 'GET', headers: {} }
const call = async (strategy: Strategy): Promise<string> => {
  const { headers } = await strategy.authorize(request)
  return headers?.authorization?.replace('Bearer ', '') ?? ''
}

async function carryOut(order: Order): Promise<Report> {
  if (order.do === 'open') {
    const { do: _, account, password = 'right', ...options } = order
    strategies.set(account, strategyOf({ username: account, password }, { ...options, store, clock, onEvent }))
    return {}
  }
  if (order.do === 'advance') {
    passed += order.ms
    return {}
  }
  if (order.do === 'events') return { events: events.splice(0).map(({ type }) => type) }
  const strategy = strategies.get(order.account) as Strategy
  if (order.do === 'call') {
    const startedAt = performance.now()
    const now = clock.now()
    const outcomes = await Promise.allSettled(Array.from({ length: order.times ?? 1 }, () => call(strategy)))
    return {
      tokens: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
      failures: outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [{ code: outcome.reason.code, retryIn: outcome.reason.retryAt - now }] : [],
      ),
      tookMs: performance.now() - startedAt,
    }
  }
  if (order.do === 'refused') {
    const headers = { authorization: `Bearer ${order.token}` }
    return { recovered: await strategy.recover({ ...request, headers }, { status: 401 }) }
  }
  if (order.do === 'reset') await strategy.reset()
  return { status: strategy.status() }
}

function onEvent(event: AuthEvent): void {
  events.push(event)
}

process.on('message', async ({ id, order }: { id: number; order: Order }) => {
  const report = await carryOut(order).catch((error: Error) => ({ error: error.message }))
  process.send?.({ id, report })
})
// A parent that is gone wants nothing more.
process.on('disconnect', () => process.exit())
await connected(connection)
process.send?.({ id: 0, report: {} })
