import type { Keeper } from '../keepers/keeper.ts'
import { quantile } from '../timing/statistics.ts'
import { REQUEST } from './keepers.ts'

/** What steady load on one keeper has shown. */
export interface LoadFigures {
  readonly name: string
  readonly calls: number
  readonly failed: number
  /** Tokens that replaced another. */
  readonly rollOvers: number
  /** Calls that were not answered at once, though a token was there. */
  readonly blocked: number
  /** ms: the 99th percentile of the waits within half a second of a new token. */
  readonly p99: number
  /** ms. */
  readonly longest: number
}

interface Call {
  readonly at: number
  readonly wait: number
  readonly blocked: boolean
}

const AROUND = 500

/** Watches a keeper: `tick` makes a number of calls, `figures` says what came of all of them. */
export function watched(keeper: Keeper, now: () => number): { tick(calls: number): void; figures(): LoadFigures } {
  const calls: Call[] = []
  const changes: number[] = []
  let failed = 0
  let current: string | undefined

  const one = async (): Promise<void> => {
    const at = now()
    let blocked = false
    // What needs no answer from elsewhere is done before the event loop comes round.
    const turn = setImmediate(() => {
      blocked = true
    })
    try {
      const header = await keeper.attach(REQUEST)
      if (header !== current) {
        if (current !== undefined) changes.push(now())
        current = header
      }
      calls.push({ at, wait: now() - at, blocked })
    } catch {
      failed++
    } finally {
      clearImmediate(turn)
    }
  }

  return {
    tick(count) {
      for (let i = 0; i < count; i++) one()
    },
    figures() {
      const around = calls.filter(({ at }) => changes.some((change) => Math.abs(change - at) < AROUND))
      return {
        name: keeper.name,
        calls: calls.length + failed,
        failed,
        rollOvers: changes.length,
        blocked: calls.filter((call) => call.blocked).length,
        p99:
          around.length === 0
            ? 0
            : quantile(
                around.map(({ wait }) => wait),
                0.99,
              ),
        longest: calls.reduce((longest, { wait }) => Math.max(longest, wait), 0),
      }
    },
  }
}
