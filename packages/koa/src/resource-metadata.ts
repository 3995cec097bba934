import { metadataResponse, type ResourceMetadata } from '@auth/core/verify'
import type { Middleware } from 'koa'

/**
 * Serves the metadata of a protected resource at its address (RFC 9728), to everybody; passes all other requests on.
 * Goes before the guard.
 *
 * @throws ConfigurationError for what `resourceMetadata` has not made.
 *
 * @example
 * const metadata = resourceMetadata({ resource: 'https://api.example.com/mcp', authorizationServers: [issuer] })
 * app.use(serveResourceMetadata(metadata))
 */
export function serveResourceMetadata(metadata: ResourceMetadata): Middleware {
  const { path, headers, body } = metadataResponse(metadata)
  return async (ctx, next) => {
    if (ctx.path !== path || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next()
    ctx.body = body
    ctx.set(headers)
  }
}
