// Checks the adapters' types with the other compilers that they support: `pnpm --filter @auth/testing typescripts`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

for (const release of ['ts59', 'ts60']) {
  const tsc = path(`../node_modules/${release}/bin/tsc`)
  const version = spawnSync(process.execPath, [tsc, '--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`The adapters' types with ${version}`)
  const { status } = spawnSync(process.execPath, [tsc, '-p', path('../tsconfig.types.json')], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
