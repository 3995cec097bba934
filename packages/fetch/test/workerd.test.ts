import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test.each([
  ['without nodejs_compat', ''],
  ['with nodejs_compat', '"nodejs_compat"'],
])('workerd %s: tokens, a replay, and a background refresh that ends with its request', async (_, flags) => {
  const { origin, tokens, calls } = await carrier()
  const worker = await workerd(origin, flags)
  expect(await worker()).toBe('200 token-1: a label')
  expect(await worker()).toBe('200 token-1: a label')
  expect(tokens()).toBe(1)

  // The token is revoked: the same bytes are sent once more.
  calls.revoked = 'Bearer token-1'
  expect(await worker()).toBe('200 token-2: a label')
  expect(tokens()).toBe(2)

  // In the refresh-ahead window: the call is answered, and the refresh that it began ends with it, sent or not.
  calls.holdTokens = true
  expect(await worker(3_500_000)).toBe('200 token-2: a label')
  calls.holdTokens = false
  // The token has ended. Nobody waits for the dead refresh for good, or sees it fail.
  const [first, ...others] = await Promise.all([worker(90_000), worker(), worker()])
  expect(first).toMatch(/^200 token-[34]: a label$/)
  expect([...others, await worker()]).toEqual([first, first, first])
})

/** Token endpoint and API in one. */
async function carrier() {
  let tokens = 0
  const calls = { revoked: '', holdTokens: false }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url !== '/token') {
      const { authorization = '' } = request.headers
      if (authorization === calls.revoked) response.writeHead(401).end()
      else response.end(`${authorization.replace('Bearer ', '')}: ${body}`)
      return
    }
    const token = `token-${++tokens}`
    if (calls.holdTokens) return
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: () => tokens,
    calls,
  }
}

/** Starts workerd, and returns what sends it a request. */
async function workerd(api: string, flags: string): Promise<(advance?: number) => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'workerd-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await build({
    entryPoints: [join(root, 'test/runtimes/worker.ts')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    conditions: ['@auth/source', 'workerd', 'worker'],
    platform: 'neutral',
    external: ['node:*'],
    logLevel: 'error',
  })
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [(name = "API", text = "${api}")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = [${flags}],
);`,
  )
  const child = spawn(join(root, 'node_modules/.bin/workerd'), ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  // It says on the control descriptor where it listens.
  const [line] = await once(child.stdio[3] as NodeJS.ReadableStream, 'data')
  const { port } = JSON.parse(String(line).split('\n')[0] as string) as { port: number }
  return async (advance = 0) => (await fetch(`http://127.0.0.1:${port}/?advance=${advance}`)).text()
}
