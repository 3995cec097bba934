import { fork } from 'node:child_process'
import { machine, versions } from './machine.ts'
import type { Report } from './one.ts'
import type { Result } from './results.ts'

/**
 * Runs a benchmark in a process of its own.
 *
 * @throws Error when it ends without a result; what was wrong is on standard error.
 */
export function runBenchmark(name: string, quick: boolean, progress: (text: string) => void): Promise<Result> {
  const child = fork(new URL('./one.ts', import.meta.url), [name, ...(quick ? ['quick'] : [])], { execArgv: [] })
  return new Promise((resolve, reject) => {
    child.on('message', (report: Report) => {
      if ('progress' in report) return progress(report.progress)
      const { outcome, title, method } = report
      const at = new Date().toISOString()
      resolve({ name, title, method, at, machine: machine(), versions: versions(), ...outcome })
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} and no result`)))
  })
}
