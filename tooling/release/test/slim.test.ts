import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow } from '../src/repack.ts'
import { slim } from '../src/slim.ts'

test('sources, source maps and the condition of the workspace are not in what is packed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slim-test-'))
  try {
    for (const name of ['src', 'dist']) await mkdir(join(folder, name))
    await writeFile(join(folder, 'src/index.ts'), 'export const a = 1')
    await writeFile(join(folder, 'dist/index.js'), 'export const a = 1;\n//# sourceMappingURL=index.js.map')
    await writeFile(join(folder, 'dist/index.js.map'), '{}')
    const paths = { '@auth/source': './src/index.ts', default: './dist/index.js' }
    const manifest = {
      name: '@auth/x',
      files: ['dist', 'src'],
      exports: { '.': paths },
      imports: { '#y': { node: paths } },
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))

    await slim(folder)

    const names = (await filesBelow(folder)).map((file) => relative(folder, file)).sort()
    expect(names).toEqual(['dist/index.js', 'package.json'])
    expect(await readFile(join(folder, 'dist/index.js'), 'utf8')).toBe('export const a = 1;\n')
    expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toEqual({
      name: '@auth/x',
      files: ['dist'],
      exports: { '.': { default: './dist/index.js' } },
      imports: { '#y': { node: { default: './dist/index.js' } } },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
