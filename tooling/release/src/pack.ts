import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command.ts'
import { repack } from './repack.ts'
import { slim } from './slim.ts'
import type { Package } from './workspace.ts'

/** Packs a built package into `folder`, without sources and source maps, and returns the tarball's path. */
export async function pack({ path }: Package, folder: string): Promise<string> {
  const whole = await mkdtemp(join(tmpdir(), 'pack-'))
  try {
    const tarball = join(whole, 'whole.tgz')
    await run('pnpm', ['pack', '--out', tarball], { cwd: path })
    return await repack(tarball, folder, slim)
  } finally {
    await rm(whole, { recursive: true, force: true })
  }
}
