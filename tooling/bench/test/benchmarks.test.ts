import { afterAll, beforeAll, expect, test } from 'vitest'
import { names } from '../src/catalog.ts'
import { document } from '../src/document.ts'
import { runBenchmark } from '../src/run-benchmark.ts'

const environment = process.env.NODE_OPTIONS

// The benchmarks are processes: these resolve the workspace's packages to their sources as the tests do.
beforeAll(() => {
  process.env.NODE_OPTIONS = '--conditions=@auth/source'
})
afterAll(() => {
  if (environment === undefined) delete process.env.NODE_OPTIONS
  else process.env.NODE_OPTIONS = environment
})

test.each(names())('%s runs and fills its tables', { timeout: 180_000 }, async (name) => {
  const result = await runBenchmark(name, true, () => {})
  expect(result.tables.length).toBeGreaterThan(0)
  for (const { columns, rows } of result.tables) {
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) {
      expect(row).toHaveLength(columns.length)
      for (const cell of row) expect(String(cell)).not.toMatch(/NaN|undefined|null|object/)
    }
  }
  for (const { text, figure } of result.goals) {
    expect(text).not.toBe('')
    expect(figure).not.toMatch(/undefined/)
  }
  expect(document([result])).toContain(`## ${name}\n\n**${result.title}**`)
})
