import { fileURLToPath } from 'node:url'
import { carriers } from '@auth/core/carriers'
import { build, defaultServerConditions, type Rolldown } from 'vite'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
// Of no file: its source is the test's.
const ENTRY = `${ROOT}entry-of-the-bundle.js`

interface Bundle {
  readonly code: string
  /** Carriers whose file was looked at, be it for nothing. */
  readonly loaded: readonly string[]
}

async function bundle(source: string): Promise<Bundle> {
  const loaded = new Set<string>()
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load(id) {
          const carrier = /\/core\/src\/carriers\/([\w-]+)\.ts$/.exec(id)?.[1]
          if (carrier !== undefined) loaded.add(carrier)
          return id === ENTRY ? source : undefined
        },
      },
    ],
    ssr: {
      noExternal: true,
      external: ['undici'],
      resolve: { conditions: ['@auth/source', ...defaultServerConditions] },
    },
    build: { ssr: ENTRY, write: false, minify: true, target: 'node22' },
  })
  const [{ output }] = [result].flat() as [Rolldown.RolldownOutput]
  const code = output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n')
  return { code, loaded: [...loaded] }
}

/** Carriers of which the code has a host, or the description. */
function traces(code: string): string[] {
  const described = carriers.filter(({ about }) => code.includes(about.sources[0] ?? '-'))
  const hosts = carriers.filter(({ environments }) =>
    Object.values(environments).some(({ origins = [] }) => origins.some((origin) => code.includes(origin))),
  )
  return [...described.map(({ id }) => `description of ${id}`), ...hosts.map(({ id }) => id)]
}

test('the root export without a carrier holds none', async () => {
  const { code, loaded } = await bundle("export { apiKey, createStrategy } from '@auth/core'")
  expect(loaded.length).toBe(carriers.length)
  expect(traces(code)).toEqual([])
})

test('the root export with a carrier holds that one, without its description', async () => {
  const { code } = await bundle("export { ups } from '@auth/core'")
  expect(traces(code)).toEqual(['ups'])
})

test.each(carriers.map(({ id, name }) => [id, name] as const))('%s by itself loads no other', async (id, name) => {
  const { code, loaded } = await bundle(`export { ${name} } from '@auth/core/carriers/${id}'`)
  expect(loaded).toEqual([id])
  expect(traces(code).filter((trace) => trace.startsWith('description'))).toEqual([])
})

test('the list for tools holds all, descriptions included: the search finds them', async () => {
  const { code } = await bundle("export { carriers } from '@auth/core/carriers'")
  expect(traces(code).length).toBeGreaterThan(carriers.length)
})
