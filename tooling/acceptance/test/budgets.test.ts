import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type CarrierId, type DescribedSimulator, startSandbox } from '@auth/sandbox'
import { redisServer, withoutRedis } from '@auth/testing/redis-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FleetOrder, FleetReport } from './support/fleet-process.ts'

const PROGRAM = fileURLToPath(new URL('support/fleet-process.ts', import.meta.url))
const PROCESSES = 20
const THROTTLED = 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'

/** Has 20 processes ask for so many tokens each, every one for an account of its own. */
async function fleet(id: 'usps', tokensEach: number) {
  const [redis, sandbox] = await Promise.all([
    redisServer(),
    startSandbox({ carriers: [id] as CarrierId[] as ['ups'] }),
  ])
  onTestFinished(async () => {
    await Promise.all([redis.stop(), sandbox.close()])
  })
  const simulator = (sandbox as unknown as Record<string, DescribedSimulator>)[id] as DescribedSimulator
  const { control, options, baseUrl } = simulator
  const children = await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const accounts = await Promise.all(Array.from({ length: tokensEach }, () => control.createAccount()))
      const order: FleetOrder = { carrier: id, accounts, options, url: baseUrl, redisPort: redis.port }
      const child = fork(PROGRAM, [JSON.stringify(order)], {
        execArgv: ['--conditions=@auth/source'],
        stdio: 'inherit',
      })
      await once(child, 'message')
      return child
    }),
  )
  const reports = await Promise.all(
    children.map(async (child) => {
      const ended = once(child, 'exit')
      const answered = once(child, 'message')
      child.send('go')
      const [report] = (await answered) as [FleetReport]
      await ended
      return report
    }),
  )
  const { tokenRequests, tokenFailures } = control.counters
  return {
    outcomes: reports.flatMap(({ outcomes }) => outcomes),
    storeFailures: reports.reduce((sum, report) => sum + report.storeFailures, 0),
    tokenRequests,
    tokenFailures,
  }
}

// The limits are held by Redis for all processes; the simulator enforces the carrier's own, and answers 403 or 429 over them.
describe.skipIf(withoutRedis)('20 processes with an account for each token request', { timeout: 300_000 }, () => {
  test('never pass the limit of USPS: 60 an hour; the others are told when to come back', async () => {
    const { outcomes, storeFailures, tokenRequests, tokenFailures } = await fleet('usps', 4)
    expect(tokenFailures).toBeLessThanOrEqual(storeFailures)
    expect(tokenRequests - tokenFailures).toBe(60)
    expect(outcomes.filter((outcome) => outcome === 'token')).toHaveLength(60)
    expect(outcomes.filter((outcome) => outcome === THROTTLED)).toHaveLength(20)
  })
})
