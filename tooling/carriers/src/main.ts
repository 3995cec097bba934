// Writes what follows from the carriers' profiles; with --check, says what is not current, and exits with 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exportsModule, listModule } from './lists.ts'
import { carrierFiles, ROOT } from './source-files.ts'

const check = process.argv.includes('--check')
const stale: string[] = []

function put(path: string, text: string): void {
  const file = join(ROOT, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  stale.push(path)
  if (check) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const files = carrierFiles()
put('packages/core/src/carrier-exports.ts', exportsModule(files))
put('packages/core/src/carrier-list.ts', listModule(files))

// The lists have to be there before the profiles can be read through them.
const { carriers } = await import('@auth/core/carriers')
const { page } = await import('./page.ts')
const { withTable } = await import('./readme.ts')

for (const carrier of carriers) put(`docs/carriers/${carrier.id}.md`, page(carrier))
put('README.md', withTable(readFileSync(join(ROOT, 'README.md'), 'utf8'), carriers))
const pages = new Set(carriers.map(({ id }) => `${id}.md`))
for (const name of readdirSync(join(ROOT, 'docs/carriers'))) {
  if (pages.has(name)) continue
  stale.push(`docs/carriers/${name}`)
  if (!check) rmSync(join(ROOT, 'docs/carriers', name))
}

if (stale.length > 0) console.log(`${check ? 'Not current' : 'Written'}: ${stale.join(', ')}`)
if (check && stale.length > 0) {
  console.log('Run `pnpm carriers`.')
  process.exitCode = 1
}
