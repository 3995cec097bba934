import { describeGuard } from '@auth/guard-testing'
import { Hono } from 'hono'
import { stream as streaming } from 'hono/streaming'
import { Hono as OldestHono } from 'hono-oldest'
import { findIdentity, requireAuth, requireScope } from '../src/index.ts'
import { listen } from './support/serve.ts'

for (const [name, App] of [
  ['hono', Hono],
  ['hono 4.2', OldestHono as unknown as typeof Hono],
] as const) {
  describeGuard(name, (routes) => {
    const app = new App()
    for (const { path, guards, scopes, headersBefore = {}, handle, stream } of routes) {
      app.use(path, async (c, next) => {
        for (const [header, value] of Object.entries(headersBefore)) c.header(header, value)
        await next()
      })
      for (const { policy, options } of guards) app.use(path, requireAuth(policy, options))
      if (scopes !== undefined) app.use(path, requireScope(...scopes))
      app.all(path, (c) => {
        if (stream === undefined) return c.json((handle(findIdentity(c)) ?? null) as never)
        return streaming(c, async (out) => {
          for await (const chunk of stream()) await out.write(chunk)
        })
      })
    }
    return listen(app)
  })
}
