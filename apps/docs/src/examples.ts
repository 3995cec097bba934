import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pages } from './pages.ts'

/** A TypeScript block of a page of `docs/`. */
export interface Example {
  /** Where it stands, such as `docs/start.md:23`. */
  readonly at: string
  readonly code: string
  /** Whether it is to be run: the block is marked `ts run`. */
  readonly runs: boolean
  /** What it must print: the block `text output` that follows. */
  readonly output?: string
  /** Its file, once `extract` has written it. */
  readonly file: string
}

/** Inside this package, so that its imports resolve to the workspace. */
export const folder: string = fileURLToPath(new URL('../.examples/', import.meta.url))

const BLOCK = /^```ts( run)?\n(.*?)^```$(?:\n+^```text output\n(.*?)^```$)?/gms

/** Every ```ts block of `docs/`, and of the core package's README. */
export function examples(): Example[] {
  return pages()
    .filter(({ source }) => source.startsWith('docs/') || source === 'packages/core/README.md')
    .flatMap(({ source, path, text }) =>
      [...text.matchAll(BLOCK)].map((match, at): Example => {
        const [, runs, code = '', output] = match
        const line = text.slice(0, match.index).split('\n').length
        return {
          at: `${source}:${line}`,
          code,
          runs: runs !== undefined,
          ...(output !== undefined && { output }),
          file: `${folder}${path.replaceAll('/', '-')}-${at + 1}.ts`,
        }
      }),
    )
}

/** Writes every example to its file, and the tsconfig that checks them. */
export function extract(all: readonly Example[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, code } of all) writeFileSync(file, code)
  const compilerOptions = { noEmit: true, customConditions: ['@auth/source'], types: ['node'] }
  writeFileSync(
    `${folder}tsconfig.json`,
    JSON.stringify({
      extends: '../../../tooling/typescript/base.json',
      compilerOptions,
      include: ['*.ts', '../src/vaults.d.ts'],
    }),
  )
}
