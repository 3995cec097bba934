import { parse } from 'yaml'

interface Lockfile {
  readonly importers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly packages?: Readonly<Record<string, unknown>>
  readonly snapshots?: Readonly<Record<string, unknown>>
}

const OURS = /^@auth\//

/**
 * Lists what in a pnpm lockfile makes an `@auth/*` come from elsewhere than this workspace. On the public registry some
 * of these names belong to another project, whose code would run here.
 *
 * @throws TypeError for a text that is no lockfile.
 */
export function foreignPackages(lockfile: string): string[] {
  const parsed = parse(lockfile) as Lockfile | null
  if (typeof parsed?.importers !== 'object') throw new TypeError('not a pnpm lockfile: it has no importers')
  const found = new Set<string>()
  for (const [importer, groups] of Object.entries(parsed.importers)) {
    for (const dependencies of Object.values(groups)) {
      for (const [name, resolved] of Object.entries((dependencies ?? {}) as Record<string, unknown>)) {
        const version = (resolved as { version?: unknown } | null)?.version
        if (OURS.test(name) && !insideWorkspace(version, importer, parsed.importers)) {
          found.add(`${importer} takes ${name} from ${String(version)}`)
        }
      }
    }
  }
  for (const key of [...Object.keys(parsed.packages ?? {}), ...Object.keys(parsed.snapshots ?? {})]) {
    if (OURS.test(key)) found.add(`${key} is resolved as a package of a registry`)
  }
  return [...found]
}

function insideWorkspace(version: unknown, importer: string, importers: object): boolean {
  if (typeof version !== 'string' || !version.startsWith('link:')) return false
  const from = new URL(`${importer}/`, 'file:///workspace/')
  const target = new URL(version.slice('link:'.length), from).pathname
  return Object.keys(importers).some((id) => new URL(id, 'file:///workspace/').pathname === target)
}
