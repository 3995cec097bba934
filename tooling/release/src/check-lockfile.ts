import { readFileSync } from 'node:fs'
import { foreignPackages } from './lockfile.ts'
import { root } from './workspace.ts'

if (process.argv.includes('--help')) {
  console.log('Fails when pnpm-lock.yaml takes an @auth/* from anywhere but this workspace.')
} else {
  const foreign = foreignPackages(readFileSync(`${root}pnpm-lock.yaml`, 'utf8'))
  if (foreign.length > 0) {
    console.error(`pnpm-lock.yaml takes @auth/* from outside the workspace:\n  ${foreign.join('\n  ')}`)
    console.error('These names belong to another project on the public registry. Say "workspace:" in the manifest.')
    process.exitCode = 1
  } else {
    console.log('Every @auth/* in pnpm-lock.yaml is this workspace’s own.')
  }
}
