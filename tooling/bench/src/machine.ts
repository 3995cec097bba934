import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** GiB. */
  readonly memory: number
  readonly system: string
  readonly node: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0]} ${arch()}`,
    node: process.version,
  }
}

/** The versions of what is measured, by package. */
export function versions(): Readonly<Record<string, string>> {
  const manifest = readJson(new URL('../package.json', import.meta.url)) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  return Object.fromEntries(
    names
      .filter((name) => !name.startsWith('@auth/') && !name.startsWith('@types/'))
      .map((name) => [name, installedVersion(name)]),
  )
}

const require = createRequire(import.meta.url)

function installedVersion(name: string): string {
  for (const directory of require.resolve.paths(name) ?? []) {
    try {
      return (readJson(`${directory}/${name}/package.json`) as { version: string }).version
    } catch {}
  }
  throw new Error(`${name} is not installed`)
}

const readJson = (path: string | URL): unknown => JSON.parse(readFileSync(path, 'utf8'))
