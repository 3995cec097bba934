// Soon enough for a program to end at once, as people see it.
const EVERY = 250

let underWay = 0

/**
 * Calls `giveUp` when nothing keeps this Node process alive any more but requests for which this has been called: the
 * sockets of the global fetch belong to everybody, so they cannot be told to let the process go. Where it cannot be
 * known, never.
 *
 * @returns what ends the watch.
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo
 */
export function whenFinished(giveUp: () => void): () => void {
  const { process } = globalThis
  if (process?.getActiveResourcesInfo === undefined) return () => {}
  underWay++
  const timer = setInterval(() => {
    const active = process.getActiveResourcesInfo().filter((kind) => !PIPES.has(kind))
    const connections = active.filter((kind) => kind === 'TCPSocketWrap')
    const onlyOurs = active.length === connections.length && connections.length > 0 && connections.length <= underWay
    if (onlyOurs && !isHeldByPipe()) giveUp()
  }, EVERY)
  timer.unref()
  return () => {
    underWay--
    clearInterval(timer)
  }
}

// Standard input and output are listed whether or not anything is expected from them.
const PIPES: ReadonlySet<string> = new Set(['TTYWrap', 'PipeWrap'])

/** What Node tells of an open handle, as far as it matters here. */
interface Handle {
  /** Standard input and output have theirs: 0, 1 and 2. */
  readonly fd?: number
  readonly _handle?: { readonly reading?: boolean; hasRef?(): boolean } | null
  readonly writableLength?: number
}

/**
 * Whether a pipe or terminal keeps the process alive: the channel of a forked worker, a connection to a unix socket, a
 * standard input that is read. Node lists handles in a function without documentation only; without it, the answer is
 * no.
 */
function isHeldByPipe(): boolean {
  const list = Reflect.get(globalThis.process, '_getActiveHandles') as (() => readonly Handle[]) | undefined
  if (typeof list !== 'function') return false
  return list.call(globalThis.process).some((handle) => {
    const kind = (handle._handle ?? handle)?.constructor?.name
    if (kind !== 'Pipe' && kind !== 'TTY') return false
    const isStandard = handle.fd === 0 || handle.fd === 1 || handle.fd === 2
    return !isStandard || handle._handle?.reading === true || Number(handle.writableLength) > 0
  })
}
