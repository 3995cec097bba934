import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.ts'
import type { Consumer } from './consumer.ts'
import { filesBelow } from './repack.ts'

/** Bytes on disk of an installed package and of everything it depends on. */
export async function sizeOnDisk(modules: string, name: string): Promise<number> {
  const names = new Set([name])
  // The set grows while it is walked.
  for (const one of names) {
    const { dependencies = {} } = JSON.parse(await readFile(join(modules, one, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies)) names.add(dependency)
  }
  let bytes = 0
  for (const one of names) {
    for (const file of await filesBelow(join(modules, one))) bytes += (await stat(file)).blocks * 512
  }
  return bytes
}

/** Runs of each side; the fastest counts, because a busy machine only ever slows down. */
const RUNS = 9

/**
 * How many times longer one import takes than another, in fresh processes that have loaded `beside` before. A ratio,
 * because milliseconds differ between machines.
 */
export async function importRatio(
  { folder, env }: Consumer,
  ours: string,
  theirs: string,
  beside: readonly string[] = [],
): Promise<number> {
  const best = new Map<string, number>()
  const load = async (name: string): Promise<void> => {
    const before = beside.map((other) => `await import(${JSON.stringify(other)});`).join('')
    const code = `${before} const start = performance.now(); await import(${JSON.stringify(name)}); console.log(performance.now() - start)`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, env })
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, Number(stdout)))
  }
  for (let at = 0; at < RUNS; at++) {
    await load(ours)
    await load(theirs)
  }
  return (best.get(ours) ?? 0) / (best.get(theirs) ?? 1)
}
