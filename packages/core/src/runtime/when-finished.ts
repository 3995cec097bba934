// Soon enough for a program to end at once, as people see it.
const EVERY = 250

let underWay = 0

/**
 * Calls `giveUp` when nothing keeps this Node process alive any more but requests for which this has been called: the
 * sockets of the global fetch are everybody's, so they cannot be told to let it go. Where it cannot be known, never.
 *
 * @returns what ends the watch.
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo
 */
export function whenFinished(giveUp: () => void): () => void {
  const { process } = globalThis
  if (process?.getActiveResourcesInfo === undefined) return () => {}
  underWay++
  const timer = setInterval(() => {
    // A terminal or a pipe is listed whether or not anything is expected from it.
    const active = process.getActiveResourcesInfo().filter((kind) => kind !== 'TTYWrap' && kind !== 'PipeWrap')
    const connections = active.filter((kind) => kind === 'TCPSocketWrap')
    if (active.length === connections.length && connections.length > 0 && connections.length <= underWay) giveUp()
  }, EVERY)
  timer.unref()
  return () => {
    underWay--
    clearInterval(timer)
  }
}
