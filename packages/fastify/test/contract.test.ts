import { describeGuard } from '@auth/guard-testing'
import fastify from 'fastify'
import { fastify as oldest } from 'fastify-oldest'
import auth, { findIdentity } from '../src/index.ts'

for (const [name, create] of [
  ['fastify', fastify],
  ['fastify 5.0', oldest as unknown as typeof fastify],
] as const) {
  describeGuard(name, async (routes) => {
    const app = create({ forceCloseConnections: true, exposeHeadRoutes: false })
    await app.register(auth)
    for (const method of ['PROPFIND', 'MKCOL', 'PURGE']) app.addHttpMethod(method, { hasBody: true })
    // The suite asks for its routes with bodies of any type.
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const { path, guards, scopes, headersBefore = {}, handle, stream } of routes) {
      app.route({
        method: app.supportedMethods,
        url: path,
        onRequest: [
          (_request, reply, done) => {
            reply.headers(headersBefore)
            done()
          },
          ...guards.map(({ policy, options }) => app.requireAuth(policy, options)),
          ...(scopes === undefined ? [] : [app.requireScope(...scopes)]),
        ],
        async handler(request, reply) {
          if (stream === undefined) {
            const body = JSON.stringify(handle(findIdentity(request.raw)) ?? null)
            return reply.type('application/json').send(Buffer.from(body))
          }
          reply.hijack()
          for await (const chunk of stream()) reply.raw.write(chunk)
          reply.raw.end()
        },
      })
    }
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: (app.server.address() as { port: number }).port, close: () => app.close() }
  })
}
