import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../src/source-files.ts'

test('lists, pages and the table of the README are what `pnpm carriers` writes', () => {
  const main = join(ROOT, 'tooling/carriers/src/main.ts')
  const run = () => execFileSync(process.execPath, ['--conditions=@auth/source', main, '--check'], { encoding: 'utf8' })
  expect(run()).toBe('')
})
