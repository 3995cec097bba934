import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { examples, extract, folder } from '../src/examples.ts'
import { root } from '../src/pages.ts'

const run = promisify(execFile)
const all = examples()

beforeAll(() => extract(all))

test('every TypeScript block of docs/ compiles', async () => {
  expect(all.length).toBeGreaterThan(20)
  const found = await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  expect(found).toBe('')
})

describe('runs, and prints what the page says', () => {
  const runnable = all.filter(({ runs }) => runs)

  test.each(runnable)('$at', async ({ file, output }) => {
    const { stdout } = await run(process.execPath, ['--conditions=@auth/source', file], { timeout: 50_000 })
    if (output === undefined) expect(stdout).not.toBe('')
    else expect(stdout).toBe(output)
  })
})
