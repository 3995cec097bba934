import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../command.ts'
import type { Consumer } from '../consumer.ts'

const resolve = createRequire(import.meta.url).resolve
const bun = join(dirname(resolve('bun/package.json')), 'bin/bun.exe')

/** How a package manager adds packages to a project. */
export const MANAGERS: Readonly<Record<string, readonly string[]>> = {
  npm: ['npm', 'install', '--no-progress', '--no-audit', '--no-fund'],
  // Peers are in the list: what pnpm would add by itself must not be needed.
  pnpm: ['npx', '-y', 'pnpm@12', 'add', '--config.auto-install-peers=false', '--config.strict-dep-builds=false'],
  yarn: ['npx', '-y', 'yarn@1', 'add', '--no-progress', '--silent'],
  bun: [bun, 'add', '--no-progress'],
}

export interface Project extends Consumer {
  readonly manager: string
}

/** A project outside the workspace, whose packages come from the registry by a manager. */
export async function createProject(
  manager: string,
  folder: string,
  registry: { readonly url: string; readonly scope: string },
  packages: readonly string[],
): Promise<Project> {
  const [command = '', ...args] = MANAGERS[manager] ?? []
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  await writeFile(join(folder, '.npmrc'), `${registry.scope}:registry=${registry.url}\n`)
  await run(command, [...args, ...packages], { cwd: folder, env })
  for (const name of ['sandbox.ts', 'reroute.ts']) {
    await copyFile(fileURLToPath(new URL(`../consumer/${name}`, import.meta.url)), join(folder, name))
  }
  return { folder, env, manager }
}

/** The compilers that the packages are checked with, by what they are called here. */
export const COMPILERS: Readonly<Record<string, string>> = Object.fromEntries(
  ['ts59', 'ts60', 'typescript'].map((name) => [name, join(dirname(resolve(`${name}/package.json`)), 'bin/tsc')]),
)

/** What `tsc` is told in projects of today. */
export const RESOLUTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

/** Compiles files of a project. @throws Error with what the compiler found. */
export async function compile(
  project: Project,
  files: readonly string[],
  compiler: string,
  resolution: string,
): Promise<void> {
  const config = `tsconfig.${compiler}.${resolution}.json`
  const compilerOptions = {
    ...RESOLUTIONS[resolution],
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  }
  await writeFile(join(project.folder, config), JSON.stringify({ compilerOptions, files }))
  await run(process.execPath, [COMPILERS[compiler] ?? '', '-p', config], { cwd: project.folder })
}
