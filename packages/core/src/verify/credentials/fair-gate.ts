/** Lets a bounded number of tasks run at once, keeps a bounded number waiting, and turns the rest away. */
export interface FairGate {
  /**
   * Runs a task when its turn comes. When it is turned away, at once or later, the result is `undefined`. Peers take
   * turns, and the peer with the most tasks waiting makes room for others, so that one cannot keep the rest out. A `trusted` task goes
   * before all others, and is never turned away for them.
   */
  run<T>(task: () => Promise<T>, peer: string, trusted: boolean): Promise<T | undefined> | undefined
}

type Waiter = (admitted: boolean) => void

export function fairGate(running: number, waiting: number): FairGate {
  let free = running
  let queued = 0
  const trustedQueue: Waiter[] = []
  /** By peer; whose turn is next comes first. */
  const lanes = new Map<string, Waiter[]>()

  const makeRoom = (peer: string): boolean => {
    const [longest, waiters] = [...lanes].reduce((most, lane) => (lane[1].length > most[1].length ? lane : most))
    if (waiters.length <= (lanes.get(peer)?.length ?? 0) + 1) return false
    waiters.pop()?.(false)
    queued--
    if (waiters.length === 0) lanes.delete(longest)
    return true
  }
  const enter = (peer: string, trusted: boolean): Promise<boolean> | undefined => {
    if (free > 0) {
      free--
      return Promise.resolve(true)
    }
    if (trusted) {
      if (trustedQueue.length >= waiting) return undefined
      return new Promise((resolve) => trustedQueue.push(resolve))
    }
    if (queued >= waiting && !makeRoom(peer)) return undefined
    queued++
    return new Promise((resolve) => {
      const lane = lanes.get(peer)
      if (lane === undefined) lanes.set(peer, [resolve])
      else lane.push(resolve)
    })
  }
  const nextInTurn = (): Waiter | undefined => {
    for (const [peer, waiters] of lanes) {
      const next = waiters.shift()
      lanes.delete(peer)
      // Behind the others: their turn comes first.
      if (waiters.length > 0) lanes.set(peer, waiters)
      queued--
      return next
    }
    return undefined
  }
  const leave = (): void => {
    const next = trustedQueue.shift() ?? nextInTurn()
    if (next === undefined) free++
    else next(true)
  }

  return {
    run: (task, peer, trusted) =>
      enter(peer, trusted)?.then(async (admitted) => {
        if (!admitted) return undefined
        try {
          return await task()
        } finally {
          leave()
        }
      }),
  }
}
