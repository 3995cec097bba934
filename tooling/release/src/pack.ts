import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.ts'
import type { Package } from './workspace.ts'

/** Packs a built package into `folder` and returns the tarball's path. */
export async function pack({ path, manifest }: Package, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const tarball = join(folder, `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}.tgz`)
  await run('pnpm', ['pack', '--out', tarball], { cwd: path })
  return tarball
}
