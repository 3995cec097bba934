import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { exerciseVerify } from '../src/exercise-verify.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => join(root, 'node_modules/.bin', name)
const program = join(root, 'test/program.ts')

const EXPECTED = {
  key: 'authenticated',
  'wrong key': 'invalid',
  'key twice': 'bad_request',
  token: 'authenticated',
  'tokens that almost are': 0,
  both: 'authenticated',
  password: 'authenticated',
  certificate: 'undecided',
  'certificate or key': 'authenticated',
  'a header that is no certificate': 'invalid',
  status: 401,
  challenges: '3',
}

test('Node decides on Fetch requests', async () => {
  expect(await exerciseVerify()).toEqual(EXPECTED)
})

test.each([
  ['Bun', 'bun', ['--conditions=@auth/source']],
  ['Deno', 'deno', ['run', '--allow-all', '--no-config', '--node-modules-dir=manual', '--conditions=@auth/source']],
])('%s decides alike', async (_name, name, args) => {
  const { stdout } = await run(bin(name), [...args, program], { timeout: 15_000 })
  expect(JSON.parse(stdout)).toEqual(EXPECTED)
})

test('workerd decides alike, with nodejs_compat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workerd-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const conditions = ['@auth/source', 'workerd', 'worker']
  await build({
    configFile: false,
    logLevel: 'silent',
    root,
    ssr: { noExternal: true, target: 'webworker', resolve: { conditions } },
    resolve: { conditions },
    build: {
      ssr: 'test/worker.ts',
      outDir: folder,
      rollupOptions: { external: [/^node:/], output: { entryFileNames: 'worker.js' } },
    },
  })
  const port = await freePort()
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["nodejs_compat"],
);`,
  )
  const workerd = spawn(bin('workerd'), ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  onTestFinished(() => void workerd.kill())
  // It says on the control descriptor that it listens.
  await once(workerd.stdio[3] as NodeJS.ReadableStream, 'data')
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.json()).toEqual(EXPECTED)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
