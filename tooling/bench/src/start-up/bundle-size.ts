import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, defaultServerConditions, type Rolldown } from 'vite'
import type { Imported } from './packages.ts'

// The clients and frameworks that programs bring themselves.
const BROUGHT = ['axios', 'got', 'ky', 'express', 'undici']
// Of no file: its source is made up below.
const ENTRY = fileURLToPath(new URL('../../entry-of-the-bundle.js', import.meta.url))

/** Bytes of everything that is imported, bundled for Node, minified and compressed. */
export async function bundleSize({ modules }: Imported): Promise<number> {
  const result = await build({
    configFile: false,
    root: fileURLToPath(new URL('../../', import.meta.url)),
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load: (id) => (id === ENTRY ? entry(modules) : undefined),
      },
    ],
    ssr: {
      noExternal: true,
      external: BROUGHT,
      resolve: { conditions: [...conditions(), ...defaultServerConditions] },
    },
    build: { ssr: ENTRY, write: false, minify: true, target: 'node22' },
  })
  const [{ output }] = [result].flat() as [Rolldown.RolldownOutput]
  const code = output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n')
  if (code.length < 100) throw new Error(`the bundle of ${modules.join(', ')} is empty`)
  return gzipSync(code).length
}

function entry(modules: readonly string[]): string {
  const names = modules.map((module, i) => `import * as m${i} from '${module}'`)
  return `${names.join('\n')}\nexport { ${modules.map((_, i) => `m${i}`).join(', ')} }`
}

/** The conditions that this process resolves by: those of a test lead to the workspace's sources. */
function conditions(): string[] {
  return [...(process.env.NODE_OPTIONS ?? '').matchAll(/--conditions=(\S+)/g)].map(([, name]) => name as string)
}
