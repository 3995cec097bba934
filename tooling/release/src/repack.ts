import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command.ts'

/**
 * Unpacks a tarball, lets `change` edit what is in it, and packs it again into `folder` under the name that its manifest
 * then has.
 *
 * @returns the path of the new tarball
 */
export async function repack(
  tarball: string,
  folder: string,
  change: (content: string) => Promise<void>,
): Promise<string> {
  const unpacked = await mkdtemp(join(tmpdir(), 'repack-'))
  try {
    await run('tar', ['-xzf', tarball, '-C', unpacked])
    const content = join(unpacked, 'package')
    await change(content)
    const { name, version } = JSON.parse(await readFile(join(content, 'package.json'), 'utf8'))
    await mkdir(folder, { recursive: true })
    const out = join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`)
    await run('tar', ['-czf', out, '-C', unpacked, 'package'])
    return out
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
}

/** The absolute paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
