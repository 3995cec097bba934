import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandOutput, run } from './command.ts'
import { pack } from './pack.ts'
import { registryProblem } from './registry.ts'
import { type Package, publishedPackages, root } from './workspace.ts'

const HELP = `pnpm release [--dry-run]

Releases the packages to the registry that "@auth:registry" names in an .npmrc, and to no other:
  1. while there are changesets: writes versions and changelogs, and stops for you to review and commit them;
  2. else: builds and packs every package, publishes what the registry does not have, and tags it.

--dry-run  says what would be published, and publishes nothing
`

async function release(dryRun: boolean): Promise<void> {
  const registry = (await run('npm', ['config', 'get', '@auth:registry'])).stdout.trim()
  const problem = registryProblem(registry)
  if (problem !== undefined) throw new Error(`refused: ${problem}`)
  console.log(`registry of @auth: ${registry}`)

  const changesets = (await readdir(`${root}.changeset`)).filter((name) => /^(?!README).*\.md$/.test(name))
  if (changesets.length > 0 && !dryRun) {
    await run('pnpm', ['exec', 'changeset', 'version'])
    console.log(`${changesets.length} changesets became versions. Review, commit, and run this again to publish.`)
    return
  }
  if (!dryRun && (await run('git', ['status', '--porcelain'])).stdout !== '') {
    throw new Error('refused: the work tree has changes; what is published must be what is committed')
  }

  console.log('building')
  await run('pnpm', ['build'])
  const folder = await mkdtemp(join(tmpdir(), 'release-'))
  try {
    for (const item of publishedPackages()) await publish(item, registry, folder, dryRun)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (!dryRun) await run('pnpm', ['exec', 'changeset', 'git-tag'])
}

async function publish(item: Package, registry: string, folder: string, dryRun: boolean): Promise<void> {
  const { name, version } = item.manifest
  const at = [`--@auth:registry=${registry}`]
  if (await isPublished(`${name}@${version}`, at)) {
    console.log(`${name}@${version} is there already`)
    return
  }
  // The tarball of pnpm says versions where the manifest says "workspace:" and "catalog:"; npm alone lets the scope's
  // registry win over publishConfig, which names one that does not exist.
  const tarball = await pack(item, folder)
  await run('npm', ['publish', tarball, ...at, '--access', 'restricted', ...(dryRun ? ['--dry-run'] : [])])
  console.log(`${name}@${version} ${dryRun ? 'would be published' : 'published'}`)
}

async function isPublished(spec: string, at: readonly string[]): Promise<boolean> {
  const found = await run('npm', ['view', spec, 'version', ...at]).catch((error: Error): CommandOutput => {
    if (error.message.includes('E404')) return { stdout: '', all: '' }
    throw error
  })
  return found.stdout.trim() !== ''
}

if (process.argv.includes('--help')) {
  console.log(HELP)
} else {
  await release(process.argv.includes('--dry-run')).catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
