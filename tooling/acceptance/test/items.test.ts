import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { DOCUMENTS, UNTESTABLE } from '../src/items.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const CLIENT = itemsNamedIn(here)
const SERVER = itemsNamedIn(fileURLToPath(new URL('../../../packages/sandbox/test/', import.meta.url)))
const ALL = DOCUMENTS.flatMap(({ letter, items }) => Array.from({ length: items }, (_, i) => `${letter}${i + 1}`))

/** Items named at the head of a test's or a suite's title, as in `'E5 E6: …'`. */
function itemsNamedIn(folder: string): Set<string> {
  const named = new Set<string>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.test.ts'))) {
    const source = readFileSync(folder + file, 'utf8')
    for (const [, items] of source.matchAll(/\(\s*'((?:[A-Z]\d+ )*[A-Z]\d+):/g)) {
      for (const item of items?.split(' ') ?? []) named.add(item)
    }
  }
  return named
}

/** `E1-E3 E5` for E1, E2, E3 and E5. */
function ranges(items: readonly string[]): string {
  const spans: [string, string][] = []
  for (const item of items) {
    const last = spans.at(-1)
    if (last !== undefined && Number(last[1].slice(1)) + 1 === Number(item.slice(1))) last[1] = item
    else spans.push([item, item])
  }
  return spans.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(' ') || '-'
}

describe('the acceptance list', () => {
  test.each(ALL)('%s has a test that names it, or a reason why there is nothing to test', (item) => {
    const tested = CLIENT.has(item) || SERVER.has(item)
    expect(tested).toBe(UNTESTABLE[item] === undefined)
  })

  test('is all that tests name', () => {
    expect([...CLIENT, ...SERVER, ...Object.keys(UNTESTABLE)].filter((item) => !ALL.includes(item))).toEqual([])
  })

  test.each(DOCUMENTS)('is told as it is in the README: $title', ({ letter, title }) => {
    const own = ALL.filter((item) => item.startsWith(letter))
    const [client, server, none] = [
      (item: string) => CLIENT.has(item),
      (item: string) => SERVER.has(item),
      (item: string) => UNTESTABLE[item] !== undefined,
    ].map((test) => ranges(own.filter(test)))
    const rows = readFileSync(`${here}../README.md`, 'utf8').split('\n')
    // The formatter pads tables.
    expect(rows.map((row) => row.replaceAll(/ {2,}/g, ' '))).toContain(`| ${title} | ${client} | ${server} | ${none} |`)
  })
})
