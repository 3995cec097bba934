import { metadataResponse, type ResourceMetadata } from '@auth/core/verify'
import type { FastifyPluginCallback } from 'fastify'

/**
 * A plugin that serves the metadata of a protected resource at its address (RFC 9728), to everybody. Register it beside
 * the instance that has the guard, not below.
 *
 * @throws ConfigurationError for what `resourceMetadata` has not made.
 *
 * @example
 * const metadata = resourceMetadata({ resource: 'https://api.example.com/mcp', authorizationServers: [issuer] })
 * app.register(serveResourceMetadata(metadata))
 */
export function serveResourceMetadata(metadata: ResourceMetadata): FastifyPluginCallback {
  const { path, headers, body } = metadataResponse(metadata)
  return (app, _options, done) => {
    app.get(path, (_request, reply) => void reply.headers(headers).send(Buffer.from(body)))
    done()
  }
}
