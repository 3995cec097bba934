import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))

test('a bundle leaves undici out, which only certificates by the fetch adapter need', async () => {
  const { metafile } = await build({
    stdin: { contents: "export { withAuth } from '../src/index.ts'", resolveDir: here, loader: 'ts' },
    bundle: true,
    platform: 'node',
    conditions: ['@auth/source'],
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const files = Object.keys(metafile.inputs)
  expect(files.some((file) => file.includes('node_modules/axios/'))).toBe(true)
  expect(files.filter((file) => file.includes('/undici/'))).toEqual([])
})
