import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeGuard } from '@auth/guard-testing'
import express from 'express'
import { findIdentity, requireAuth, requireScope } from '../src/index.ts'
import { close } from './support/server.ts'

describeGuard('express', async (routes) => {
  const app = express()
  for (const { path, guards, scopes, headersBefore = {}, handle, stream } of routes) {
    app.all(
      path,
      (_request, response, next) => {
        response.set(headersBefore)
        next()
      },
      ...guards.map(({ policy, options }) => requireAuth(policy, options)),
      ...(scopes === undefined ? [] : [requireScope(...scopes)]),
      async (request, response) => {
        if (stream === undefined) return void response.json(handle(findIdentity(request)) ?? null)
        for await (const chunk of stream()) response.write(chunk)
        response.end()
      },
    )
  }
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
})
