import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { describeGuard } from '@auth/guard-testing'
import Koa from 'koa'
import { findIdentity, requireAuth, requireScope } from '../src/index.ts'
import { listen } from './listen.ts'

const Koa2: typeof Koa = createRequire(import.meta.url)('koa2')

for (const [name, App] of [
  ['koa 3', Koa],
  ['koa 2', Koa2],
] as const) {
  describeGuard(name, (routes) => {
    const app = new App()
    // What the application's own functions throw is no news here.
    app.silent = true
    const at = (path: string, middleware: Koa.Middleware): unknown =>
      app.use((ctx, next) => (ctx.path === path ? middleware(ctx as never, next) : next()))
    for (const { path, guards, scopes, headersBefore = {}, handle, stream } of routes) {
      at(path, (ctx, next) => {
        ctx.set(headersBefore as Record<string, string>)
        return next()
      })
      for (const { policy, options } of guards) at(path, requireAuth(policy, options) as Koa.Middleware)
      if (scopes !== undefined) at(path, requireScope(...scopes))
      at(path, (ctx) => {
        ctx.body = stream ? Readable.from(stream()) : JSON.stringify(handle(findIdentity(ctx.req)) ?? null)
        if (stream === undefined) ctx.type = 'application/json'
      })
    }
    return listen(app)
  })
}
