import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Package, root } from './workspace.ts'

/** What the examples need beside our packages, and what they are measured against. */
const BESIDE = ['@types/node', '@types/express', '@types/koa', '@hono/node-server', 'express-oauth2-jwt-bearer']

/** The peers of the packages and what examples need, as `name@version` in the workspace's versions. */
export async function othersOf(packages: readonly Package[]): Promise<string[]> {
  const peers = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}))
  const names = [...new Set([...peers, ...BESIDE])]
  return await Promise.all(names.map(async (name) => `${name}@${await versionOf(name, packages)}`))
}

/** The version that the workspace has: what is checked today is what is checked tomorrow. */
async function versionOf(name: string, packages: readonly Package[]): Promise<string> {
  for (const { path } of [...packages, { path: root }, { path: `${root}tooling/release` }]) {
    const manifest = await readFile(join(path, 'node_modules', name, 'package.json'), 'utf8').catch(() => undefined)
    if (manifest !== undefined) return JSON.parse(manifest).version
  }
  throw new Error(`${name} is not installed in the workspace`)
}
