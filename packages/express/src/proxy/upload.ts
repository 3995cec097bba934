import type { ClientRequest, IncomingMessage } from 'node:http'

export interface Upload {
  /** Whether the next byte has to come from the client, not from the carrier's side. */
  readonly waitsForClient: boolean
  /** Sends nothing more; what else comes from the client is read and dropped. */
  stop(): void
}

export interface UploadEvents {
  /** A part of the body went on its way. */
  moved(): void
  /** The body is not as long as its framing says. */
  mismatched(): void
}

/** Sends the body on as fast as the carrier takes it. `length` is what its framing says, if it says so. */
export function upload(
  body: IncomingMessage,
  to: ClientRequest,
  length: number | undefined,
  events: UploadEvents,
): Upload {
  let stopped = false
  let blocked = false
  let sent = 0
  let pending = false
  let ended = false

  const onDrain = (): void => {
    blocked = false
    events.moved()
    body.resume()
  }
  const finish = (): void => {
    stopped = true
    if (length !== undefined && sent !== length) {
      events.mismatched()
      return
    }
    events.moved()
    to.end()
  }
  const send = (chunk: Buffer): void => {
    pending = false
    if (stopped) return
    sent += chunk.length
    if (length !== undefined && sent > length) {
      events.mismatched()
      return
    }
    events.moved()
    blocked = !to.write(chunk)
    if (ended) finish()
    else if (blocked) to.once('drain', onDrain)
    else body.resume()
  }
  // An answer that came together with the end of the connection is read first: a write would fail, and lose it.
  const onData = (chunk: Buffer): void => {
    body.pause()
    pending = true
    setImmediate(send, chunk)
  }
  const onEnd = (): void => {
    ended = true
    if (!pending && !stopped) finish()
  }
  body.on('data', onData)
  body.once('end', onEnd)
  return {
    get waitsForClient() {
      return !stopped && !blocked && !ended && isConnected(to)
    },
    stop() {
      stopped = true
      body.off('data', onData)
      body.off('end', onEnd)
      to.off('drain', onDrain)
      body.resume()
    },
  }
}

const isConnected = ({ socket }: ClientRequest): boolean =>
  socket !== null && !socket.connecting && (socket as { secureConnecting?: boolean }).secureConnecting !== true
