import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './command.ts'
import { createConsumer } from './consumer.ts'
import { lintTarball } from './lint-tarball.ts'
import { pack } from './pack.ts'
import { readmeExample } from './readme-example.ts'
import { runExample } from './run-example.ts'
import { startStandIn } from './stand-in.ts'
import { step } from './step.ts'
import { type Package, publishedPackages, root } from './workspace.ts'

const HELP = `pnpm check:packages

Packs every package under packages/, and uses the tarballs as a stranger would:
  publint and attw on each tarball; npm install of all of them and of the clients in an empty folder;
  the example of each README, taken from it to the letter, compiled and run against the packed sandbox.

--keep  leaves the folder behind and says where it is
`

const here = fileURLToPath(new URL('.', import.meta.url))

interface Example {
  readonly name: string
  readonly readme: string
  /** In the consumer's folder. */
  readonly file: string
}

const examplesOf = (packages: readonly Package[]): Example[] => [
  { name: 'the repository', readme: `${root}README.md`, file: 'repository.example.ts' },
  ...packages.map(({ path, manifest }) => ({
    name: manifest.name,
    readme: `${path}/README.md`,
    file: `${manifest.name.replace('@auth/', '')}.example.ts`,
  })),
]

async function checkPackages(folder: string): Promise<void> {
  const packages = publishedPackages()
  await step('build', () => run('pnpm', ['build']))
  const tarballs = await step(`pack ${packages.length} packages`, () =>
    Promise.all(packages.map((item) => pack(item, join(folder, 'tarballs')))),
  )
  for (const [i, tarball] of tarballs.entries()) {
    await step(`publint and attw: ${packages[i]?.manifest.name}`, () => lintTarball(tarball, here))
  }

  const project = join(folder, 'consumer')
  const peers = [...new Set(packages.flatMap((item) => peersOf(item)))]
  const others = await Promise.all(
    [...peers, '@types/node', '@types/express', '@types/koa', '@hono/node-server'].map(
      async (name) => `${name}@${await versionOf(name, packages)}`,
    ),
  )
  const consumer = await step(`npm install of the tarballs, ${others.join(', ')}`, () =>
    createConsumer(project, tarballs, others),
  )

  const examples = examplesOf(packages)
  await step('the examples compile', async () => {
    for (const example of examples) await writeFile(join(project, example.file), await sourceOf(example))
    const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] }
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: examples.map(({ file }) => file) }),
    )
    await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', project])
  })

  const standIn = await step('the packed sandbox starts', () => startStandIn(consumer))
  try {
    for (const { name, file } of examples) {
      await step(`the example of ${name}`, () => runExample(file, consumer, standIn))
    }
  } finally {
    await standIn.stop()
  }
}

async function sourceOf({ name, readme }: Example): Promise<string> {
  const text = await readFile(readme, 'utf8').catch(() => '')
  try {
    return readmeExample(text)
  } catch (error) {
    throw new Error(`README of ${name}: ${(error as Error).message}`)
  }
}

function peersOf({ manifest }: Package): string[] {
  return Object.keys(manifest.peerDependencies ?? {})
}

/** The version that the workspace has: what is checked today is what is checked tomorrow. */
async function versionOf(name: string, packages: readonly Package[]): Promise<string> {
  for (const { path } of [...packages, { path: root }]) {
    const manifest = await readFile(join(path, 'node_modules', name, 'package.json'), 'utf8').catch(() => undefined)
    if (manifest !== undefined) return JSON.parse(manifest).version
  }
  throw new Error(`${name} is not installed in the workspace`)
}

if (process.argv.includes('--help')) {
  console.log(HELP)
} else {
  const folder = await mkdtemp(join(tmpdir(), 'packages-'))
  try {
    await checkPackages(folder)
    console.log('Every package works outside the workspace.')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    if (process.argv.includes('--keep')) console.log(folder)
    else await rm(folder, { recursive: true, force: true })
  }
}
