import type { IncomingMessage } from 'node:http'
import { type ConnectionDetails, type InboundRequest, inboundRequest } from '@auth/core/verify'
import type { Context } from 'hono'

/** Reduces the request of a context: by Node's message where @hono/node-server hands it over, else by Fetch alone. */
export function reduce(c: Context, details: ConnectionDetails): InboundRequest {
  const known = { ...details, original: c }
  const fetched = inboundRequest(c.req.raw, known)
  const message = nodeMessage(c)
  if (message === undefined) return fetched
  const node = inboundRequest(message, known)
  return {
    ...node,
    // An app that calls itself (`app.fetch(new Request(…), c.env)`) hands on the message of the outer request: only
    // headers that both have count as they came over the wire.
    header(name) {
      const lines = node.header(name)
      // Fetch trims what it has joined.
      return lines.join(', ').trim() === (c.req.raw.headers.get(name) ?? '') ? lines : fetched.header(name)
    },
    // Hono's own readers would not find what was read from the message.
    ...(fetched.readBody !== undefined && { readBody: fetched.readBody }),
  }
}

function nodeMessage({ env }: Context): IncomingMessage | undefined {
  const incoming = (env?.server ?? env)?.incoming
  // Elsewhere `env` holds bindings, and one of them may have this name.
  return Array.isArray(incoming?.rawHeaders) && typeof incoming.socket === 'object' ? incoming : undefined
}
