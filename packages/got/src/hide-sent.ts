import { ClientRequest } from 'node:http'
import { hide, hideMembers, hideRequest, isThenable, standIn } from '@auth/core/adapter'
import type { RequestFunction } from 'got'
import type { RequestOptions } from './call.ts'

type Sent = ReturnType<RequestFunction>

/**
 * Keeps Node's request, its connection and the user's agents out of what is printed: they carry what was attached, and
 * got's errors and responses lead to them. It is done on sending, because not every error goes through a hook: one for a
 * body that does not parse, or for an abort, does not.
 */
export function hideSent(sent: Sent, { agent }: RequestOptions, native: { agent?: unknown }): Sent {
  // got's own agent for HTTP/2, too, lists its sessions by the identity that they were opened with.
  const http2 = (native.agent as { http2?: unknown } | undefined)?.http2
  for (const pool of [...Object.values(agent), http2]) if (typeof pool === 'object' && pool !== null) hide(pool)
  return isThenable(sent) ? sent.then(hidden) : hidden(sent)
}

function hidden(request: Awaited<Sent>): Awaited<Sent> {
  hideRequest(request)
  // A request function of the user's may answer by itself, or leave it to got. HTTP/2 has requests of another kind.
  if (!(request instanceof ClientRequest)) return request
  request.once('response', (response) => hideMembers(response, ['req', 'socket', 'client']))
  // got keeps it, and not every error of its own goes through a hook.
  return standIn(request)
}
