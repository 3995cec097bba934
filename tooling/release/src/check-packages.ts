import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './command.ts'
import { type Consumer, createConsumer } from './consumer.ts'
import { lintTarball } from './lint-tarball.ts'
import { othersOf } from './others.ts'
import { pack } from './pack.ts'
import { readmeExample } from './readme-example.ts'
import { runExample } from './run-example.ts'
import { startStandIn } from './stand-in.ts'
import { step } from './step.ts'
import { importRatio, sizeOnDisk } from './weight.ts'
import { type Package, publishedPackages, root } from './workspace.ts'

const HELP = `pnpm check:packages

Packs every package under packages/, and uses the tarballs as a stranger would:
  publint and attw on each tarball; npm install of all of them and of the clients in an empty folder;
  the example of each README, taken from it to the letter, compiled and run against the packed sandbox.

--keep  leaves the folder behind and says where it is
`

/** What @auth/express is compared with. */
const BESIDE_EXPRESS = 'express-oauth2-jwt-bearer'

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
  const others = await othersOf(packages)
  const consumer = await step(`npm install of the tarballs, ${others.join(', ')}`, () =>
    createConsumer(project, tarballs, others),
  )

  await checkWeight(consumer)

  const examples = examplesOf(packages)
  await step('the examples compile', async () => {
    for (const example of examples) await writeFile(join(project, example.file), await sourceOf(example))
    // The types of frameworks that nobody installs side by side disagree with each other.
    const own = { strict: true, skipLibCheck: true, types: ['node'] }
    const options = { module: 'nodenext', target: 'es2023', noEmit: true, ...own }
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

/** What an installation costs, beside what people have today. The aim for Express is 1.5; busy machines measure more. */
async function checkWeight(consumer: Consumer): Promise<void> {
  const within = (what: string, value: number, budget: number, unit: string): void => {
    console.log(`        ${what}: ${value.toFixed(2)}${unit}, of at most ${budget}`)
    if (value > budget) throw new Error(`${what}: ${value.toFixed(2)}${unit} is above ${budget}`)
  }
  await step('weight', async () => {
    const bytes = await sizeOnDisk(join(consumer.folder, 'node_modules'), '@auth/core')
    within('@auth/core with its dependencies', bytes / 1_000_000, 4, ' MB')
    within('import of a carrier', await importRatio(consumer, '@auth/core/carriers/posti', 'got'), 1, " of got's")
    const express = await importRatio(consumer, '@auth/express', BESIDE_EXPRESS, ['express'])
    within('import of @auth/express beyond Express', express, 4, ` of ${BESIDE_EXPRESS}'s`)
  })
}

async function sourceOf({ name, readme }: Example): Promise<string> {
  const text = await readFile(readme, 'utf8').catch(() => '')
  try {
    return readmeExample(text)
  } catch (error) {
    throw new Error(`README of ${name}: ${(error as Error).message}`)
  }
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
