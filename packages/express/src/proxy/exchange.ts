// Sends one request on over node:http. A proxy library would do more than is safe here: those at hand share agents
// between proxies, copy the client's framing, put no end to waits and take 18 ms to load.
import http, { type Agent, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { pauseTimer } from './pause-timer.ts'
import { CarrierProtocolError, CarrierTimeout, ClientTimeout, FramingMismatch } from './problem.ts'
import { type Upload, upload } from './upload.ts'

/** What goes to the carrier: framing and credentials included. */
export interface Outgoing {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[]>>
  /** The body as it comes in, and its length where the framing says it; absent without a body. */
  readonly body: { readonly stream: IncomingMessage; readonly length: number | undefined } | undefined
  readonly agent: Agent
  /** ms in which nothing moves, after which the exchange ends. */
  readonly pause: number
  /** Ends the exchange, the answer's body included. */
  readonly signal: AbortSignal
}

// 103 comes once or twice, 102 every 20 s or so (RFC 2518 section 10.1).
const MOST_INFORMATIONAL = 16
// Many servers do not read the body of these, and would take it for the next request on the connection.
const BODY_UNEXPECTED = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

/**
 * Sends the request once, and resolves with the head of the answer; the body follows. Its connection is used again only
 * when request and answer went through it whole.
 *
 * @throws CarrierTimeout, ClientTimeout, CarrierProtocolError, FramingMismatch, the signal's reason, errors of the network.
 */
export function sendOn({ url, method, headers, body, agent, pause, signal }: Outgoing): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const once = body !== undefined && BODY_UNEXPECTED.has(method) ? { connection: 'close' } : undefined
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { ...headers, ...once },
      agent,
      insecureHTTPParser: false,
    })
    let sending: Upload | undefined
    let answer: IncomingMessage | undefined
    let informational = 0

    const settle = (): void => {
      timer.stop()
      signal.removeEventListener('abort', onAbort)
      sending?.stop()
    }
    const fail = (error: Error): void => {
      settle()
      reject(error)
      if (answer === undefined) outgoing.destroy()
      else answer.destroy(error)
    }
    const onAbort = (): void => fail(signal.reason)
    const timer = pauseTimer(pause, () => fail(sending?.waitsForClient ? new ClientTimeout() : new CarrierTimeout()))
    signal.addEventListener('abort', onAbort)

    outgoing.on('information', () => {
      if (++informational > MOST_INFORMATIONAL) fail(new CarrierProtocolError('too many informational answers'))
    })
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy()
      fail(new CarrierProtocolError('the carrier changed the protocol unasked'))
    })
    outgoing.on('error', (error) => {
      // After the head, the answer's own end tells what became of it; the carrier may well have stopped reading.
      if (answer === undefined) fail(error)
      else sending?.stop()
    })
    outgoing.on('response', (incoming) => {
      answer = incoming
      timer.touch()
      // The carrier has judged; sending the rest would at best be read and dropped.
      if ((incoming.statusCode ?? 0) >= 300) sending?.stop()
      // Not before somebody reads: a listener for data would let the body flow to nobody.
      incoming.once('resume', () => incoming.on('data', timer.touch))
      incoming.once('end', () => {
        settle()
        if (!outgoing.writableFinished) outgoing.destroy()
      })
      incoming.once('close', settle)
      resolve(incoming)
    })
    if (body === undefined) outgoing.end()
    else {
      sending = upload(body.stream, outgoing, body.length, {
        moved: timer.touch,
        mismatched: () => fail(new FramingMismatch()),
      })
    }
  })
}
