import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { filesBelow } from './repack.ts'

/** The condition under which the workspace itself reads sources. */
const SOURCE = '@auth/source'

/**
 * Takes out of an unpacked package what its users do not need: sources and source maps, more than half of its bytes.
 * What is built reads like the sources, without their types.
 */
export async function slim(content: string): Promise<void> {
  await rm(join(content, 'src'), { recursive: true, force: true })
  for (const file of await filesBelow(content)) {
    if (file.endsWith('.map')) await rm(file)
    else if (/\.(js|d\.ts)$/.test(file)) {
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'))
    } else if (basename(file) === 'package.json') {
      const manifest = JSON.parse(await readFile(file, 'utf8'))
      const files = manifest.files?.filter((name: string) => name !== 'src')
      const slimmed = { ...withoutSource(manifest), ...(files !== undefined && { files }) }
      await writeFile(file, `${JSON.stringify(slimmed, undefined, 2)}\n`)
    }
  }
}

/** The manifest without the condition, wherever it stands in `exports` and `imports`. */
function withoutSource<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).filter(([name]) => name !== SOURCE)
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutSource(member)])) as T
}
