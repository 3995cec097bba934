/** Lets a bounded number of tasks run at once, keeps a bounded number waiting, and turns the rest away. */
export interface Gate {
  /** `undefined` when too many wait already. */
  run<T>(task: () => Promise<T>): Promise<T> | undefined
}

export function gate(running: number, waiting: number): Gate {
  let free = running
  const queue: (() => void)[] = []
  const enter = (): Promise<void> | undefined => {
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return queue.length < waiting ? new Promise((resolve) => queue.push(resolve)) : undefined
  }
  const leave = (): void => {
    const next = queue.shift()
    if (next === undefined) free++
    else next()
  }
  return { run: (task) => enter()?.then(task).finally(leave) }
}
