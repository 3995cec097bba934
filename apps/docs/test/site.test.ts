import { expect, test } from 'vitest'
import { anchorsOf, deadLinks, mapLinks, targetOf } from '../src/links.ts'
import { llmsIndex } from '../src/llms.ts'
import { type Page, pages } from '../src/pages.ts'

const all = pages()

test('every relative link of a page leads to a file, and to a heading of it', () => {
  expect(deadLinks(all)).toEqual([])
})

test('a link to no file and a link to no heading are found', () => {
  const page: Page = {
    source: 'docs/start.md',
    path: 'start',
    title: '',
    text: '[a](nowhere.md) [b](scope.md#nothing)',
  }
  expect(deadLinks([page, ...all.filter(({ path }) => path === 'scope')])).toMatchObject([
    { link: 'nowhere.md' },
    { link: 'scope.md#nothing' },
  ])
})

test('what looks like a link inside code is left alone', () => {
  const text = '`[a](b)` [c](d)\n\n```ts\n[e](f)\n```\n'
  expect(mapLinks(text, () => 'x')).toBe('`[a](b)` [c](x)\n\n```ts\n[e](f)\n```\n')
})

test('relative links are resolved from the page they stand on', () => {
  expect(targetOf('docs/migrate/interceptor.md', '../errors.md#a')).toEqual({ path: 'docs/errors.md', anchor: 'a' })
  expect(targetOf('README.md', 'https://example.com/')).toBeUndefined()
})

test('anchors are those of the headings, and not of comments in code', () => {
  expect([...anchorsOf('# A `b` c\n\n```sh\n# no\n```\n## 1. Install\n')]).toEqual(['a-b-c', '1-install'])
})

test('llms.txt names every page', () => {
  const index = llmsIndex(all)
  for (const { path } of all) if (path !== 'index') expect(index).toContain(`/${path}.html`)
})
