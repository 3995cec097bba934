import type { AuthRequest, Credentials } from '../layer.ts'
import { abortable } from '../lib/abortable.ts'
import type { Strategy } from '../strategy.ts'
import { sentRequest } from './sent-request.ts'

/**
 * What to send a rejected request with once more: the credentials authorized afresh, or `undefined` when the response
 * is to be handed over as it is, be it that the strategy sees no use in a replay or that no other credential can be had.
 *
 * @throws what the request's signal was aborted with.
 */
export async function reauthorize(
  strategy: Strategy,
  request: AuthRequest,
  credentials: Credentials,
  response: { readonly status: number },
): Promise<Credentials | undefined> {
  const { signal } = request
  try {
    const recovered = await abortable(strategy.recover(sentRequest(request, credentials), response), signal)
    return recovered ? await abortable(strategy.authorize(request), signal) : undefined
  } catch {
    // The caller asked for a response and has one; why no other could be had is an event of the strategy.
    signal?.throwIfAborted()
    return undefined
  }
}

/**
 * Tells the strategy of a refusal that no replay can answer, such as that of a stream: the next request shall not go out
 * with the refused token again. Nobody waits, so no other token is requested before that one needs it.
 */
export function reportRefusal(
  strategy: Strategy,
  request: AuthRequest,
  credentials: Credentials,
  response: { readonly status: number },
): void {
  const sent = { ...sentRequest(request, credentials), signal: AbortSignal.abort() }
  strategy.recover(sent, response).catch(() => {})
}
