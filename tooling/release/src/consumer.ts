import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './command.ts'

/** Someone else's project: a folder outside the workspace, and the Node it runs on. */
export interface Consumer {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

// npm picks majors that fit the Node it runs on, so it runs on the one that runs this.
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`

/** Installs tarballs and packages of the registry into an empty folder, as a user of theirs would. */
export async function createConsumer(
  folder: string,
  tarballs: readonly string[],
  packages: readonly string[],
): Promise<Consumer> {
  const env = { ...process.env, PATH }
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  // An @auth/* that is not among the tarballs must not come from anywhere else.
  await writeFile(
    join(folder, '.npmrc'),
    '@auth:registry=http://127.0.0.1:9/\nfetch-retries=0\naudit=false\nfund=false\n',
  )
  await run('npm', ['install', '--no-progress', ...tarballs, ...packages], { cwd: folder, env })
  for (const name of ['sandbox.ts', 'reroute.ts']) {
    await copyFile(fileURLToPath(new URL(`./consumer/${name}`, import.meta.url)), join(folder, name))
  }
  return { folder, env }
}
