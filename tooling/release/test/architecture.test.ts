import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { publishedPackages, root } from '../src/workspace.ts'

const text = readFileSync(`${root}docs/architecture.md`, 'utf8')

test('the picture shows what the packages import of one another', () => {
  const drawn = [...text.matchAll(/^ {2}([\w-]+) --> ([\w-]+)$/gm)].map(([, from, to]) => `${from} --> ${to}`)
  const imported = publishedPackages().flatMap(({ manifest }) =>
    Object.keys(manifest.dependencies ?? {})
      .filter((name) => name.startsWith('@auth/'))
      .map((name) => `${manifest.name} --> ${name}`.replaceAll('@auth/', '')),
  )
  expect(drawn.sort()).toEqual(imported.sort())
})

const answers = [...text.matchAll(/^\| … (.+?) \| `(.+?)` \|$/gm)].map(
  ([, question, path]) => [question, path] as const,
)

test('ten questions and more have an answer', () => {
  expect(answers.length).toBeGreaterThanOrEqual(10)
})

test.each(answers)('the answer to “where is … %s” is a path that exists', (_, path) => {
  expect(existsSync(`${root}${path}`)).toBe(true)
})

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/architecture.md'])(
  'links of %s lead somewhere',
  (file) => {
    const page = readFileSync(`${root}${file}`, 'utf8')
    for (const [, target = ''] of page.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const from = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : ''
      expect(existsSync(`${root}${from}${target}`), target).toBe(true)
    }
  },
)

test('the README names every package that is published', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  for (const { path, manifest } of publishedPackages()) {
    const folder = path.slice(path.lastIndexOf('/') + 1)
    expect(readme).toContain(`[\`${manifest.name}\`](packages/${folder})`)
  }
})
