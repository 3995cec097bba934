import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly publishConfig?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** Absolute path of its folder. */
  readonly path: string
  readonly manifest: Manifest
}

/** Absolute path of the repository, with a slash at the end. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url))

/** What is published: every folder under `packages/`, each behind the packages it depends on. */
export function publishedPackages(from = root): Package[] {
  const found = readdirSync(`${from}packages`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }): Package => {
      const path = `${from}packages/${name}`
      return { path, manifest: JSON.parse(readFileSync(`${path}/package.json`, 'utf8')) }
    })
  return inOrder(found)
}

/** The packages with each behind those it depends on. */
export function inOrder(packages: readonly Package[]): Package[] {
  const left = [...packages]
  const done: Package[] = []
  while (left.length > 0) {
    const next = left.findIndex(({ manifest }) =>
      left.every((other) => manifest.dependencies?.[other.manifest.name] === undefined),
    )
    if (next === -1) throw new Error(`packages depend on each other: ${left.map((p) => p.manifest.name).join(', ')}`)
    done.push(...left.splice(next, 1))
  }
  return done
}
