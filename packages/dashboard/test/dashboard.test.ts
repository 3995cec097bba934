import { request } from 'node:http'
import { apiKey, createStrategy, type Strategy } from '@auth/core'
import { apiKey as apiKeyPolicy, hashApiKey } from '@auth/core/verify'
import { requireAuth } from '@auth/express'
import express from 'express'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dashboard } from '../src/index.ts'
import { buildPage, type Served, serve } from './support/page.ts'

const SECRET = 'a-very-secret-key'
const KEY = 'operator-key-0123456789'
const account = (id = 'acme'): Strategy =>
  createStrategy({ id, origins: ['https://api.example.com'], layers: [apiKey('x-api-key', SECRET)] })

const open: Served[] = []
beforeAll(buildPage)
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(handler: Parameters<typeof serve>[0]): Promise<string> {
  const served = await serve(handler)
  open.push(served)
  return served.origin
}

interface Reply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** By node:http: fetch lets nobody choose the Host header. */
function call(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options
    const sent = request(url, rest, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('who may see it', () => {
  test('is nobody without a guard', async () => {
    const origin = await start(dashboard([account()]))
    for (const path of ['/', '/state', '/events', '/app.js']) expect((await call(`${origin}${path}`)).status).toBe(403)
  })

  test('is everyone on this machine with open, by a loopback name', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback' }))
    expect((await call(origin)).status).toBe(200)
    for (const host of ['localhost', '127.0.0.1:80', '[::1]', 'app.localhost:1']) {
      expect((await call(origin, { headers: { host } })).status).toBe(200)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io']) {
      expect((await call(origin, { headers: { host } })).status).toBe(403)
    }
  })

  test('is whoever passes the guard in front', async () => {
    const operators = apiKeyPolicy({ keys: [{ id: 'ops', hash: hashApiKey(KEY) }] })
    const origin = await start(express().use('/auth', requireAuth(operators), dashboard([account()])))
    expect((await call(`${origin}/auth`)).status).toBe(401)
    expect((await call(`${origin}/auth`, { headers: { 'x-api-key': KEY } })).status).toBe(200)
  })

  test('is nobody behind a guard that only reports', async () => {
    const operators = apiKeyPolicy({ keys: [{ id: 'ops', hash: hashApiKey(KEY) }] })
    const origin = await start(express().use(requireAuth(operators, { reportOnly: true }), dashboard([account()])))
    expect((await call(origin, { headers: { 'x-api-key': 'wrong' } })).status).toBe(403)
    expect((await call(origin)).status).toBe(403)
  })
})

describe('where it is mounted', () => {
  test.each(['/auth', '/auth/', '/auth?x=1', '/deep/er', '/deep/er/'])(
    '%s shows the page, with its files beside it',
    async (path) => {
      const panel = dashboard([account()], { open: 'loopback' })
      const origin = await start(express().use('/auth', panel).use('/deep/er', panel))
      const { status, text } = await call(`${origin}${path}`)
      expect(status).toBe(200)
      const base = /<base href="([^"]*)">/.exec(text)?.[1] ?? ''
      for (const name of ['app.js', 'app.css', 'state']) {
        expect((await call(new URL(name, new URL(base, origin)).href)).status).toBe(200)
      }
    },
  )

  test('takes a base path from servers that do not strip it', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback', basePath: '/ops/auth' }))
    for (const path of ['/ops/auth', '/ops/auth/', '/ops/auth/app.css'])
      expect((await call(`${origin}${path}`)).status).toBe(200)
    expect((await call(`${origin}/ops/authentic`)).status).toBe(404)
  })

  test.each(['/nothing', '/auth/nothing', '/constructor', '/../../package.json', '/%2e%2e/package.json'])(
    'answers %s with a 404 of its own',
    async (path) => {
      const origin = await start(dashboard([account()], { open: 'loopback' }))
      const { status, headers } = await call(origin + path)
      expect(status).toBe(404)
      expect(headers['content-type']).toBe('application/problem+json')
    },
  )

  test('cannot be broken out of by its own address', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback' }))
    expect((await call(`${origin}/"><script>alert(1)</script>`)).text).not.toContain('<script>alert')
  })
})

describe('what it answers', () => {
  test('is not stored, runs no inline script and loads nothing from elsewhere', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback' }))
    for (const path of ['/', '/app.js', '/app.css', '/state', '/nothing']) {
      const { headers } = await call(origin + path)
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/)
      expect(headers['content-security-policy']).not.toContain('unsafe')
    }
  })

  test('holds no secret', async () => {
    const panel = dashboard([account()], { open: 'loopback' })
    const origin = await start(panel)
    expect((await call(`${origin}/state`)).text).not.toContain(SECRET)
  })

  test('shows an account whose status() throws, and the others', async () => {
    const broken = {
      ...account('broken'),
      status: () => {
        throw new TypeError('x')
      },
    }
    const origin = await start(dashboard([broken, account('fine')], { open: 'loopback' }))
    const { rows } = JSON.parse((await call(`${origin}/state`)).text)
    expect(rows).toMatchObject([{ id: 'broken', problem: 'TypeError' }, { id: 'fine' }])
  })

  test('refuses what it does not know', () => {
    expect(() => dashboard([], { actoins: true } as never)).toThrow(
      /^actoins: is not an option of dashboard; did you mean `actions`/,
    )
    expect(() => dashboard([], { open: 'everywhere' } as never)).toThrow(/^open: must be one of loopback/)
    expect(() => dashboard({} as never)).toThrow(/^strategies: /)
    expect(() => dashboard([], { sandbox: 'http://example.com' })).toThrow(/^sandbox: must be the http: address/)
  })
})

describe('actions', () => {
  const act = (origin: string, body: unknown, headers: Record<string, string> = {}) =>
    call(`${origin}/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  test('are off unless allowed', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback' }))
    expect((await act(origin, { action: 'reset', index: 0, id: 'acme' })).status).toBe(403)
  })

  test('reset the account that was meant, and no other', async () => {
    const seen: string[] = []
    const strategies = ['a', 'b'].map((id) =>
      createStrategy({
        id,
        origins: ['https://api.example.com'],
        layers: [apiKey('x-api-key', SECRET)],
        onEvent: ({ type, id: of }) => seen.push(`${of} ${type}`),
      }),
    )
    const origin = await start(dashboard(strategies, { open: 'loopback', actions: true }))
    expect((await act(origin, { action: 'reset', index: 1, id: 'b' })).status).toBe(200)
    expect(seen).toEqual(['b reset'])
    for (const body of [
      { action: 'reset', index: 0, id: 'b' },
      { action: 'reset', index: 9, id: 'b' },
    ]) {
      expect((await act(origin, body)).status).toBe(404)
    }
    for (const body of [{ action: 'constructor', index: 1, id: 'b' }, {}, 'x', null]) {
      expect((await act(origin, body)).status).toBe(400)
    }
    expect(seen).toHaveLength(1)
  })

  test('come from the page itself only', async () => {
    const origin = await start(dashboard([account()], { open: 'loopback', actions: true }))
    const body = { action: 'reset', index: 0, id: 'acme' }
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await act(origin, body, headers as Record<string, string>)).status).toBe(403)
    }
    expect((await act(origin, body, { origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })
})
