import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'vite'
import { describe, expect, test } from 'vitest'
import { json, loopback } from './support/loopback.ts'

const SRC = fileURLToPath(new URL('../src', import.meta.url))
const ENTRIES = [
  'index.ts',
  'adapter/index.ts',
  ...readdirSync(join(SRC, 'carriers')).map((file) => `carriers/${file}`),
]

// Libraries that import nothing of Node themselves. jose is loaded with the first private key.
const PORTABLE = ['quick-lru', 'jose']

// Types vanish, so `import type` and `export type` may come from anywhere.
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm
const DYNAMIC = /(?<!typeof )\bimport\(\s*['"]([^'"]+)['"]/g

function importsOf(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1] as string)
}

/** Every file that an entry leads to, and what comes from outside, with the file that wants it. */
function graph(entry: string): { files: Set<string>; outside: Map<string, string> } {
  const files = new Set<string>()
  const outside = new Map<string, string>()
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const specifier of [...importsOf(file, STATIC), ...importsOf(file, DYNAMIC)]) {
      if (specifier.startsWith('.')) visit(resolve(dirname(file), specifier))
      else outside.set(specifier, relative(SRC, file))
    }
  }
  visit(join(SRC, entry))
  return { files, outside }
}

describe.each(ENTRIES)('%s', (entry) => {
  test('imports nothing of Node', () => {
    const { outside } = graph(entry)
    expect([...outside].filter(([specifier]) => !PORTABLE.includes(specifier))).toEqual([])
  })
})

test('the search finds what it looks for', () => {
  const found = (code: string): string[] => [...code.matchAll(STATIC)].map((match) => match[1] as string)
  expect(found("import { a } from 'node:fs'")).toEqual(['node:fs'])
  expect(found("import a, * as b from 'node:fs'")).toEqual(['node:fs'])
  expect(found("import {\n  a,\n  type B,\n} from 'node:fs'")).toEqual(['node:fs'])
  expect(found("import 'node:fs'")).toEqual(['node:fs'])
  expect(found("export * from 'node:fs'")).toEqual(['node:fs'])
  expect(found("import type { a } from 'node:fs'\nexport type { b } from 'node:tls'")).toEqual([])
  expect(graph('node/index.ts').outside.has('node:https')).toBe(true)
})

/** What browsers, workers and other runtimes have in common with Node. */
const WEB = [
  ...['fetch', 'URL', 'URLSearchParams', 'Headers', 'Request', 'Response', 'ReadableStream'],
  ...['TextEncoder', 'TextDecoder', 'AbortController', 'AbortSignal', 'crypto', 'performance', 'btoa', 'atob'],
  ...['setTimeout', 'clearTimeout'],
] as const

test('the bundle for a browser requests a token and attaches it, without Node', async () => {
  const server = await loopback((_, response) => json(response, 200, { access_token: 'abc', expires_in: 3600 }))
  const output = await build({
    logLevel: 'silent',
    configFile: false,
    build: {
      write: false,
      lib: { entry: join(SRC, 'index.ts'), formats: ['iife'], name: 'core', fileName: 'core' },
    },
  })
  const [bundle] = (Array.isArray(output) ? output : [output]) as { output: { code: string }[] }[]
  const web = Object.fromEntries(WEB.map((name) => [name, Reflect.get(globalThis, name)]))
  const context = createContext({ ...web, origin: server.origin })
  runInContext(bundle?.output[0]?.code ?? '', context)
  const authorization: unknown = await runInContext(
    `const source = core.oauth2({
       tokenEndpoint: origin + '/token',
       clientAuth: core.clientSecretBasic('client', 'secret'),
       store: core.memoryStore(),
       allowInsecureLoopback: true,
     })
     const strategy = core.createStrategy({
       origins: [origin],
       layers: [core.bearer(source), core.apiKey('x-api-key', 'key'), core.trustAnchors('-----BEGIN CERTIFICATE-----')],
       allowInsecureLoopback: true,
     })
     strategy.authorize({ url: origin + '/x', method: 'GET', headers: {} }).then(JSON.stringify)`,
    context,
  )
  expect(JSON.parse(String(authorization))).toEqual({
    headers: { authorization: 'Bearer abc', 'x-api-key': 'key' },
    tls: { ca: '-----BEGIN CERTIFICATE-----' },
  })
  expect(server.requests).toHaveLength(1)
})
