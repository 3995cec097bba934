import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A `RequestHandler` of Express that says nothing about the route: parameters, body and locals keep the types that the
 * handlers beside it have. It fits the types of Express 4 and 5.
 */
export type RouteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void | Promise<void>
