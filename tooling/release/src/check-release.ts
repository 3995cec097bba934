import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command.ts'
import { othersOf } from './others.ts'
import { readmeExample } from './readme-example.ts'
import { COMPILERS, compile, createProject, MANAGERS, type Project, RESOLUTIONS } from './rehearsal/project.ts'
import { type RegistryServer, startRegistry } from './rehearsal/registry-server.ts'
import { runExample } from './run-example.ts'
import { renamed } from './scope.ts'
import { startStandIn } from './stand-in.ts'
import { step } from './step.ts'
import { type Package, publishedPackages, root } from './workspace.ts'

const HELP = `pnpm check:release

Rehearses a release of what is committed, in a copy, against a registry on loopback that is thrown away:
  versions and changelogs from the changesets, a build, "pnpm release" to the registry, "pnpm release --scope @acme";
  in empty projects: install with npm, pnpm, yarn and bun, import and require, the example of each README compiled
  (TypeScript 5.9, 6 and 7, nodenext and bundler) and run against the published sandbox.

--keep  leaves the folder behind and says where it is
`

const SCOPES = ['@auth', '@acme']

/** Runs the release script of the copy, as a person with a token would. */
function releaseOf(copy: string, registry: RegistryServer, args: readonly string[] = []) {
  const { host } = new URL(registry.url)
  const env: NodeJS.ProcessEnv = { ...process.env, [`npm_config_//${host}/:_authToken`]: registry.token }
  for (const scope of SCOPES) env[`npm_config_${scope}:registry`] = registry.url
  return run(process.execPath, ['tooling/release/src/release.ts', ...args], { cwd: copy, env, timeout: 900_000 })
}

/** @returns the packages of the copy, in the versions that were published. */
async function release(copy: string, registry: RegistryServer): Promise<Package[]> {
  await step('copy and install', async () => {
    await run('git', ['clone', '-q', root, copy])
    await run('pnpm', ['install', '--prefer-offline', '--frozen-lockfile'], { cwd: copy })
  })
  const names = publishedPackages(`${copy}/`).map(({ manifest }) => manifest.name)
  await step('--dry-run says which versions', async () => {
    const { stdout } = await releaseOf(copy, registry, ['--dry-run'])
    for (const name of names) must(stdout.includes(`${name} `), `--dry-run does not name ${name}:\n${stdout}`)
  })
  await step('versions and changelogs', async () => {
    await releaseOf(copy, registry)
    const { version } = JSON.parse(await readFile(join(copy, 'packages/core/package.json'), 'utf8'))
    must(version !== '0.0.0', 'the version is still 0.0.0')
    const changelog = await readFile(join(copy, 'packages/core/CHANGELOG.md'), 'utf8')
    must(changelog.includes(`## ${version}`), `CHANGELOG.md has no part for ${version}`)
    const person = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@example.com']
    await run('git', ['add', '-A'], { cwd: copy })
    await run('git', [...person, 'commit', '-qm', 'Version'], { cwd: copy })
  })
  await step('build, pack and publish', async () => {
    const { stdout } = await releaseOf(copy, registry)
    for (const name of names) must(new RegExp(`^${name}@.* published$`, 'm').test(stdout), `${name} was not published`)
  })
  await step('publish again: nothing to do', async () => {
    const { stdout } = await releaseOf(copy, registry)
    must(!/ published$/m.test(stdout), 'something was published twice')
  })
  await step('publish under @acme', async () => {
    const { stdout } = await releaseOf(copy, registry, ['--scope', '@acme'])
    must(/^@acme\/core@.* published$/m.test(stdout), stdout)
    must((await run('git', ['status', '--porcelain'], { cwd: copy })).stdout === '', 'the copy has changes')
  })
  return publishedPackages(`${copy}/`)
}

function must(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem)
}

interface Example {
  readonly name: string
  readonly file: string
}

async function writeExamples(project: Project, packages: readonly Package[], scope: string): Promise<Example[]> {
  return await Promise.all(
    packages.map(async ({ path, manifest: { name } }) => {
      const file = `${name.replace(/^.*\//, '')}.example.ts`
      const source = readmeExample(await readFile(join(path, 'README.md'), 'utf8'))
      await writeFile(join(project.folder, file), renamed(source, scope))
      return { name, file }
    }),
  )
}

async function use(project: Project, examples: readonly Example[]): Promise<void> {
  const standIn = await startStandIn(project)
  try {
    for (const { name, file } of examples) {
      await step(`${project.manager}: the example of ${name}`, () => runExample(file, project, standIn))
    }
  } finally {
    await standIn.stop()
  }
}

async function consume(packages: readonly Package[], folder: string, url: string): Promise<void> {
  const named = (...some: string[]) => packages.filter(({ manifest }) => some.includes(manifest.name))
  const names = packages.map(({ manifest }) => manifest.name)
  const others = await othersOf(packages)
  for (const manager of Object.keys(MANAGERS)) {
    const project = await step(`${manager}: install`, () =>
      createProject(manager, join(folder, manager), { url, scope: '@auth' }, [...names, ...others]),
    )
    await step(`${manager}: import and require`, async () => {
      const load =
        'const a = require("@auth/core"); import("@auth/core").then((b) => { if (a.posti !== b.posti) throw 1 })'
      await run(process.execPath, ['--input-type=commonjs', '-e', load], { cwd: project.folder })
    })
    // npm runs all; for the others it matters that what they have laid out is found.
    const examples = await writeExamples(
      project,
      manager === 'npm' ? packages : named('@auth/core', '@auth/axios'),
      '@auth',
    )
    if (manager === 'npm') {
      for (const compiler of Object.keys(COMPILERS)) {
        for (const resolution of Object.keys(RESOLUTIONS)) {
          const files = examples.map(({ file }) => file)
          await step(`the examples compile: ${compiler}, ${resolution}`, () =>
            compile(project, files, compiler, resolution),
          )
        }
      }
    }
    await use(project, examples)
  }
  const own = names.map((name) => renamed(name, '@acme'))
  const project = await step('@acme: install', () =>
    createProject('npm', join(folder, 'acme'), { url, scope: '@acme' }, [...own, ...others]),
  )
  const sandbox = join(project.folder, 'sandbox.ts')
  await writeFile(sandbox, renamed(await readFile(sandbox, 'utf8'), '@acme'))
  await use(
    { ...project, manager: '@acme' },
    await writeExamples(project, named('@auth/core', '@auth/express'), '@acme'),
  )
}

if (process.argv.includes('--help')) {
  console.log(HELP)
} else {
  const start = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'))
  const registry = await step('a registry', () => startRegistry(join(folder, 'registry'), SCOPES))
  try {
    const packages = await release(join(folder, 'copy'), registry)
    await consume(packages, join(folder, 'projects'), registry.url)
    console.log(`The release works, in ${((performance.now() - start) / 1000).toFixed(0)} s.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await registry.stop()
    if (process.argv.includes('--keep')) console.log(folder)
    else await rm(folder, { recursive: true, force: true })
  }
}
