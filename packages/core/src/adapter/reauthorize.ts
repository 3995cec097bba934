import type { AuthRequest, Credentials } from '../layer.ts'
import { abortable } from '../lib/abortable.ts'
import { type ApiAnswer, LONGEST_BODY } from '../recover-on.ts'
import type { Strategy } from '../strategy.ts'
import { sentRequest } from './sent-request.ts'

/**
 * Returns fresh credentials to send a rejected request once more with, or `undefined` to hand the response over as it is.
 *
 * @throws what the request's signal was aborted with.
 */
export async function reauthorize(
  strategy: Strategy,
  request: AuthRequest,
  credentials: Credentials,
  answer: ApiAnswer,
): Promise<Credentials | undefined> {
  const { signal } = request
  try {
    const recovered = await abortable(strategy.recover(sentRequest(request, credentials), answer), signal)
    return recovered ? await abortable(strategy.authorize(request), signal) : undefined
  } catch {
    // The caller asked for a response and has one; why there are no other credentials is an event of the strategy.
    signal?.throwIfAborted()
    return undefined
  }
}

/**
 * Reports a rejection that is not answered by sending the request again: that of a stream, so that the next request
 * uses another token, or of a request that was sent once more (`replayed`). Nobody waits for it.
 */
export function reportRefusal(
  strategy: Strategy,
  request: AuthRequest,
  credentials: Credentials,
  answer: ApiAnswer,
): void {
  const sent = { ...sentRequest(request, credentials), signal: AbortSignal.abort() }
  strategy.recover(sent, answer).catch(() => {})
}

/** The text of a body that a client has read already; `undefined` for a long one, and for a stream. */
export function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body.length > LONGEST_BODY ? undefined : body
  if (!(body instanceof ArrayBuffer) && !ArrayBuffer.isView(body)) return undefined
  return body.byteLength > LONGEST_BODY ? undefined : new TextDecoder().decode(body as Uint8Array)
}
