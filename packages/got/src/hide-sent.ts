import { ClientRequest } from 'node:http'
import { Writable } from 'node:stream'
import { hideMembers, hideRequest, isThenable, standIn } from '@auth/core/adapter'
import type { RequestFunction } from 'got'

type Sent = ReturnType<RequestFunction>

/**
 * Keeps a request, its connection and its response from showing what was attached, whichever way they are printed. got's
 * errors and responses lead to them. It is done on sending, because some errors pass no hook: that of a body that does
 * not parse, that of an abort.
 */
export function hideSent(sent: Sent): Sent {
  return isThenable(sent) ? sent.then(hidden) : hidden(sent)
}

function hidden(request: Awaited<Sent>): Awaited<Sent> {
  hideRequest(request)
  // A request function of the user's may answer by itself, or leave it to got.
  if (!isRequest(request)) return request
  // The options of a request by HTTP/2, which a pool lists while it connects. The headers have been read by now.
  const { options } = request as { options?: { headers?: unknown } }
  if (options !== undefined) delete options.headers
  request.once('response', (response) => hideMembers(response, ['req', 'socket', 'client', 'stream']))
  return standIn(request)
}

/** One of Node's by HTTP/1, or of got's by HTTP/2. */
function isRequest(request: unknown): request is ClientRequest {
  return request instanceof ClientRequest || (request instanceof Writable && 'setHeader' in request)
}
