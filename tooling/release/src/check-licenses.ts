import { run } from './command.ts'
import { root } from './workspace.ts'

// Licences under which anyone may use what the published packages depend on, without conditions on their own code.
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
])

if (process.argv.includes('--help')) {
  console.log('Fails when a published package depends on something under a licence that is not known to be permissive.')
} else {
  // Of the published packages alone, and without what only their tests need.
  const { stdout } = await run('pnpm', ['--filter', './packages/*', 'licenses', 'list', '--prod', '--json'], {
    cwd: root,
  })
  const start = stdout.indexOf('{')
  const byLicense = (start === -1 ? {} : JSON.parse(stdout.slice(start))) as Record<string, { name: string }[]>
  const others = Object.entries(byLicense).filter(([license]) => !ALLOWED.has(license))
  if (Object.keys(byLicense).length === 0) throw new Error('pnpm has listed no licences')
  for (const [license, packages] of others) {
    console.error(`${license}: ${packages.map(({ name }) => name).join(', ')}`)
    process.exitCode = 1
  }
  if (others.length === 0) console.log(`All dependencies are under ${Object.keys(byLicense).join(', ')}.`)
}
