// Runs the tests of core, adapters, guards and stores on the oldest and the newest Node release that they support: `pnpm --filter @auth/testing nodes`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const holdsContract = (name: string): boolean => {
  const test = `${root}packages/${name}/test/contract.test.ts`
  return existsSync(test) && /describe(?:Adapter|Guard|TokenStore)\(/.test(readFileSync(test, 'utf8'))
}
// What holds a contract suite (adapters, guards, stores), and what all of them stand on.
const packages = readdirSync(`${root}packages`)
  .filter((name) => holdsContract(name) || name === 'core' || name === 'express')
  .map((name) => `packages/${name}/`)

for (const release of ['n22', 'n26']) {
  const node = fileURLToPath(new URL(`../node_modules/${release}/bin/node`, import.meta.url))
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`${packages.join(' ')} on Node ${version}`)
  const { status } = spawnSync(node, [vitest, 'run', ...packages], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
