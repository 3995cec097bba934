import { isAlias, isPair, isScalar, parseAllDocuments, visit } from 'yaml'

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
 * pnpm writes neither anchors nor merge keys, and tools differ in how they read them, so a lockfile with any is refused;
 * so are several documents, keys that are given twice, and tags.
 *
 * @throws TypeError for a text that is no lockfile as pnpm writes it.
 */
export function foreignPackages(lockfile: string): string[] {
  const parsed = plainYaml(lockfile) as Lockfile | null
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

/** The value of a YAML text that says the same to every reader. */
function plainYaml(text: string): unknown {
  const documents = parseAllDocuments(text, { version: '1.2', uniqueKeys: true, merge: false })
  const refuse = (what: string): never => {
    throw new TypeError(`not a pnpm lockfile: it has ${what}`)
  }
  if (!Array.isArray(documents) || documents.length !== 1) return refuse('not exactly one document')
  const [document] = documents
  if (document === undefined) return refuse('not exactly one document')
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) return refuse(`a mistake (${problem.code})`)
  visit(document, {
    Alias: () => refuse('an alias'),
    Node(_, node) {
      if (isAlias(node)) refuse('an alias')
      if (node.anchor !== undefined) refuse('an anchor')
      if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) refuse('a tag')
    },
    Pair(_, pair) {
      if (isPair(pair) && (!isScalar(pair.key) || pair.key.value === '<<'))
        refuse('a merge key, or one that is no text')
    },
  })
  return document.toJS()
}
