import type { AuthEvent, Strategy } from '@auth/core'

/** What has happened to one account since the dashboard was made, counted from events. */
export interface Counts {
  tokenRequests: number
  tokensIssued: number
  tokensShared: number
  failures: number
  challenges: number
  recovered: number
  blocked: number
}

/** How the account's store is doing, from the last event about it. */
export type StoreHealth = 'none' | 'healthy' | 'failing'

/** One account as the page shows it. Times in epoch ms. */
export interface Row {
  /** Its place in the list of strategies: two may have the same `id`. */
  readonly index: number
  readonly id: string
  readonly origins: readonly string[]
  readonly layers: ReturnType<Strategy['status']>['layers']
  /** Calls that asked for credentials, where the strategy counts them. */
  readonly calls?: number
  readonly counts: Counts
  readonly store: StoreHealth
  /** Until when the request that waits longest for its turn within the budget waits. */
  readonly queuedUntil?: number
  /** Why `status()` failed, in words. */
  readonly problem?: string
}

export interface Tally {
  readonly counts: Counts
  store: StoreHealth
  queuedUntil: number | undefined
}

export function newTally(): Tally {
  return {
    counts: {
      tokenRequests: 0,
      tokensIssued: 0,
      tokensShared: 0,
      failures: 0,
      challenges: 0,
      recovered: 0,
      blocked: 0,
    },
    store: 'none',
    queuedUntil: undefined,
  }
}

/** Counts an event. */
export function count(tally: Tally, event: AuthEvent): void {
  const { counts } = tally
  switch (event.type) {
    case 'token-requested':
      counts.tokenRequests += 1
      break
    case 'token-issued':
      counts.tokensIssued += 1
      tally.queuedUntil = undefined
      break
    case 'token-shared':
      counts.tokensShared += 1
      tally.store = 'healthy'
      break
    case 'token-request-failed':
      counts.failures += 1
      break
    case 'token-request-blocked':
      counts.blocked += 1
      break
    case 'token-request-queued':
      tally.queuedUntil = event.startsAt
      break
    case 'challenged':
      counts.challenges += 1
      if (event.recovered) counts.recovered += 1
      break
    case 'store-failed':
      tally.store = 'failing'
      break
    case 'store-recovered':
      tally.store = 'healthy'
      break
  }
}

/** Reads one strategy. A `status()` that throws belongs to the application: it is shown, and ends nothing. */
export function rowOf(strategy: Strategy, index: number, tally: Tally): Row {
  const { id, origins } = strategy
  const known = {
    index,
    id,
    origins,
    counts: { ...tally.counts },
    store: tally.store,
    ...(tally.queuedUntil !== undefined && { queuedUntil: tally.queuedUntil }),
  }
  try {
    const { layers } = strategy.status()
    return { ...known, layers, ...(strategy.calls !== undefined && { calls: strategy.calls }) }
  } catch (error) {
    return { ...known, layers: [], problem: error instanceof Error ? error.name : 'status() failed' }
  }
}
