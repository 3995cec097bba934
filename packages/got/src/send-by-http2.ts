import type { ClientRequest, OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions as NativeOptions } from 'node:https'
import type { RequestFunction } from 'got'
import { ATTACHED, type WithAttached } from './attached-options.ts'

type Native = Parameters<RequestFunction>[1]
type Sent = Awaited<ReturnType<RequestFunction>>

/**
 * Sends by HTTP/2, or what the server has. A connection keeps the options of the request that it was opened for, and a
 * pool keeps connections: so what was attached goes on the request once there is one.
 */
export async function sendByHttp2(
  send: (native: Native) => ReturnType<RequestFunction>,
  target: Native & WithAttached,
): Promise<Sent> {
  const { [ATTACHED]: attached, path, ...rest } = target as NativeOptions & WithAttached
  const headers = { ...(rest.headers as OutgoingHttpHeaders) }
  const names = Object.keys(headers).filter((name) => attached?.headers.includes(name.toLowerCase()))
  const later = names.map((name) => [name, headers[name]] as const)
  for (const name of names) delete headers[name]
  const changesPath = attached?.options.path !== undefined
  const plain = { ...rest, ...(path !== undefined && !changesPath && { path }), headers }
  const request = (await send(plain as Native)) as ClientRequest & { headers?: Record<string, unknown> }
  for (const [name, value] of later) if (value !== undefined) request.setHeader(name, value)
  if (changesPath) {
    request.path = path as string
    // got's own requests keep it here as well.
    if (request.headers && ':path' in request.headers) request.headers[':path'] = path
  }
  return request
}
