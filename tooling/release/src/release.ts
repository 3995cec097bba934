import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CommandOutput, run } from './command.ts'
import { pack } from './pack.ts'
import { accessProblem, registryProblem } from './registry.ts'
import { OWN_SCOPE, renamed, scopeProblem, withScope } from './scope.ts'
import { type Package, publishedPackages, root } from './workspace.ts'

const HELP = `pnpm release [--scope @acme] [--dry-run]

Releases the packages to the registry that "@auth:registry" names in an .npmrc, and to no other:
  1. while there are changesets: writes versions and changelogs, and stops for you to review and commit them;
  2. else: builds and packs every package, publishes what the registry does not have, and tags it.

--scope    publishes under a scope of your own, to the registry that "@acme:registry" names: names are rewritten in what
           is packed, the repository keeps its own, and nothing is tagged
--dry-run  says what the real run would do, and does nothing of it
`

interface Target {
  readonly scope: string
  readonly registry: string
  /** What npm is told, so that no other configuration decides where a package goes. */
  readonly at: readonly string[]
}

async function release(scope: string, dryRun: boolean): Promise<void> {
  const target = await targetOf(scope)
  console.log(`registry of ${scope}: ${target.registry}`)

  const changesets = (await readdir(`${root}.changeset`)).filter((name) => /^(?!README).*\.md$/.test(name))
  if (changesets.length > 0) {
    if (dryRun) return describeVersions(changesets.length, target)
    await run('pnpm', ['exec', 'changeset', 'version'])
    console.log(`${changesets.length} changesets became versions. Review, commit, and run this again to publish.`)
    return
  }
  const missing: Package[] = []
  for (const item of publishedPackages()) {
    const spec = renamed(`${item.manifest.name}@${item.manifest.version}`, scope)
    if (await isPublished(spec, target)) console.log(`${spec} is there already`)
    else if (dryRun) console.log(`${spec} would be published`)
    else missing.push(item)
  }
  if (dryRun || missing.length === 0) return
  if ((await run('git', ['status', '--porcelain'])).stdout !== '') {
    throw new Error('refused: the work tree has changes; what is published must be what is committed')
  }

  console.log('building')
  await run('pnpm', ['build'])
  const folder = await mkdtemp(join(tmpdir(), 'release-'))
  try {
    for (const item of missing) await publish(item, target, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (scope === OWN_SCOPE) await run('pnpm', ['exec', 'changeset', 'git-tag'])
}

/** Where the packages go. @throws Error with one sentence that says why they cannot go there. */
async function targetOf(scope: string): Promise<Target> {
  const badScope = scopeProblem(scope)
  if (badScope !== undefined) throw new Error(`refused: ${badScope}`)
  const registry = (await run('npm', ['config', 'get', `${scope}:registry`])).stdout.trim()
  const badRegistry = registryProblem(registry, scope)
  if (badRegistry !== undefined) throw new Error(`refused: ${badRegistry}`)
  // Asked for before anything is built: the answer would be the same after minutes.
  const denied = await run('npm', ['whoami', `--registry=${registry}`, '--fetch-retries=0']).then(
    () => undefined,
    (error: Error) => accessProblem(error.message.replaceAll(/^ +/gm, ''), registry, scope),
  )
  if (denied !== undefined) throw new Error(`refused: ${denied}`)
  return { scope, registry, at: [`--${scope}:registry=${registry}`] }
}

async function describeVersions(count: number, { scope, registry }: Target): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plan-'))
  try {
    const file = join(folder, 'plan.json')
    await run('pnpm', ['exec', 'changeset', 'status', `--output=${file}`])
    const { releases } = JSON.parse(await readFile(file, 'utf8')) as {
      releases: { name: string; oldVersion: string; newVersion: string }[]
    }
    const versions = new Map(releases.map((one) => [one.name, one]))
    console.log(`${count} changesets would become versions and changelogs, for you to review and commit:`)
    // A private package has no version of its own to publish.
    for (const { manifest } of publishedPackages()) {
      const { oldVersion = manifest.version, newVersion = manifest.version } = versions.get(manifest.name) ?? {}
      console.log(`  ${renamed(manifest.name, scope)} ${oldVersion} → ${newVersion}`)
    }
    console.log(`The run after that would publish them to ${registry}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function publish(item: Package, { scope, at }: Target, folder: string): Promise<void> {
  // The tarball of pnpm says versions where the manifest says "workspace:" and "catalog:"; npm alone lets the scope's
  // registry win over publishConfig, which names one that does not exist.
  const packed = await pack(item, folder)
  const tarball = scope === OWN_SCOPE ? packed : await withScope(packed, scope, folder)
  await run('npm', ['publish', tarball, ...at, '--access', 'restricted', '--loglevel=error'])
  console.log(`${renamed(`${item.manifest.name}@${item.manifest.version}`, scope)} published`)
}

async function isPublished(spec: string, { at, registry }: Target): Promise<boolean> {
  const found = await run('npm', ['view', spec, 'version', ...at]).catch((error: Error): CommandOutput => {
    if (error.message.includes('E404')) return { stdout: '', all: '' }
    const problem = accessProblem(error.message.replaceAll(/^ +/gm, ''), registry)
    throw problem === undefined ? error : new Error(`refused: ${problem}`)
  })
  return found.stdout.trim() !== ''
}

try {
  const { values } = parseArgs({
    options: {
      scope: { type: 'string', default: OWN_SCOPE },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) console.log(HELP)
  else await release(values.scope, values['dry-run'])
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
