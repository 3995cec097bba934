import { fork } from 'node:child_process'
import type { Imported } from './packages.ts'

/** ms that importing takes in a fresh process. */
export function importTime({ modules, given = [] }: Imported): Promise<number> {
  const child = fork(new URL('./import-process.ts', import.meta.url), [JSON.stringify({ modules, given })], {
    execArgv: [],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (took: number) => resolve(took))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`importing ${modules.join(', ')} ended with ${code}`)))
  })
}
