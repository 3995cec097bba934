import { metadataResponse, type ResourceMetadata } from '@auth/core/verify'
import type { MiddlewareHandler } from 'hono'

/**
 * Serves the metadata of a protected resource at its address (RFC 9728), to everybody; passes all other requests on.
 * Goes before the guard.
 *
 * @throws ConfigurationError for what `resourceMetadata` has not made.
 *
 * @example
 * const metadata = resourceMetadata({ resource: 'https://api.example.com/mcp', authorizationServers: [issuer] })
 * app.use(serveResourceMetadata(metadata))
 * app.use('/mcp', requireAuth(policy, { resourceMetadata: metadata }))
 */
export function serveResourceMetadata(metadata: ResourceMetadata): MiddlewareHandler {
  const { path, headers, body } = metadataResponse(metadata)
  return async (c, next) =>
    new URL(c.req.url).pathname === path && (c.req.method === 'GET' || c.req.method === 'HEAD')
      ? c.body(body, 200, headers)
      : next()
}
