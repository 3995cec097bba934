// Runs the adapters' tests on the other Node releases that they support: `pnpm --filter @auth/testing nodes`.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
// An adapter is a package that runs the contract suite.
const adapters = readdirSync(`${root}packages`)
  .filter((name) => readFileSync(`${root}packages/${name}/package.json`, 'utf8').includes('"@auth/testing"'))
  .map((name) => `packages/${name}/`)

for (const release of ['n22', 'n26']) {
  const node = fileURLToPath(new URL(`../node_modules/${release}/bin/node`, import.meta.url))
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`The adapters on Node ${version}`)
  const { status } = spawnSync(node, [vitest, 'run', ...adapters], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
