// Runs the adapters' tests on the other Node releases that they support: `pnpm --filter @auth/testing nodes`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
// An adapter is a package that holds the contract suite.
const holdsContract = (name: string): boolean => {
  const test = `${root}packages/${name}/test/contract.test.ts`
  return existsSync(test) && readFileSync(test, 'utf8').includes('describeAdapter(')
}
const adapters = readdirSync(`${root}packages`)
  .filter(holdsContract)
  .map((name) => `packages/${name}/`)

for (const release of ['n22', 'n26']) {
  const node = fileURLToPath(new URL(`../node_modules/${release}/bin/node`, import.meta.url))
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`The adapters on Node ${version}`)
  const { status } = spawnSync(node, [vitest, 'run', ...adapters], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
