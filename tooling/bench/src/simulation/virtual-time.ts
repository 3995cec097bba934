import type { Clock } from '@auth/core'

/** Time that passes as fast as the work in it is done, in steps of 1 ms. */
export interface VirtualTime {
  readonly clock: Clock
  /** Does something at a time, in ms from the start. */
  at(ms: number, work: () => unknown): void
  /** Does what is due until then, in order; what a step starts is over, or waits for a later one, before the next. */
  runUntil(ms: number): Promise<void>
}

interface Due {
  readonly ms: number
  readonly order: number
  readonly work: () => unknown
}

// Any moment will do; the runs have to be alike.
const EPOCH = Date.UTC(2030, 0, 1)

export function virtualTime(): VirtualTime {
  const heap = new Heap()
  let now = 0
  let order = 0
  const at = (ms: number, work: () => unknown): void =>
    heap.push({ ms: Math.max(Math.ceil(ms), now + 1), order: order++, work })
  return {
    at,
    clock: {
      now: () => EPOCH + now,
      monotonic: () => now,
      delay: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason)
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
          at(now + ms, resolve)
        }),
    },
    async runUntil(end) {
      for (let next = heap.peek(); next !== undefined && next.ms <= end; next = heap.peek()) {
        now = next.ms
        let pending: unknown[] = []
        while (heap.peek()?.ms === now) {
          const started = heap.pop().work()
          if (started instanceof Promise) pending.push(started)
        }
        await settled()
        // Real work, such as deriving a key: time stands still for it.
        if (pending.length > 0) await Promise.all(pending)
        pending = []
      }
      now = end
    },
  }
}

/** Lets all promises settle that can without time passing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** By time, and at the same time by order of arrival. */
class Heap {
  readonly #items: Due[] = []

  peek(): Due | undefined {
    return this.#items[0]
  }

  push(item: Due): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(item, items[parent] as Due)) break
      items[at] = items[parent] as Due
      at = parent
    }
    items[at] = item
  }

  pop(): Due {
    const items = this.#items
    const first = items[0] as Due
    const item = items.pop() as Due
    if (items.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1] as Due, items[child] as Due)) child++
      if (!before(items[child] as Due, item)) break
      items[at] = items[child] as Due
      at = child
    }
    items[at] = item
    return first
  }
}

function before(a: Due, b: Due): boolean {
  return a.ms < b.ms || (a.ms === b.ms && a.order < b.order)
}
