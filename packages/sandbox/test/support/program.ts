import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Program {
  readonly process: ChildProcess
  /** What it has printed so far. */
  out(): string
  err(): string
  /** Resolves once the text has been printed. */
  printed(text: string): Promise<void>
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>
}

/** Starts the command-line program in a process of its own. */
export function program(...args: string[]): Program {
  const child = spawn(process.execPath, ['--conditions=@auth/source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.out += part
  })
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.err += part
  })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    process: child,
    out: () => text.out,
    err: () => text.err,
    async printed(wanted) {
      let over = false
      const end = ended.then(() => {
        over = true
      })
      while (!text.out.includes(wanted)) {
        if (over) throw new Error(`the program has ended: ${text.out}${text.err}`)
        await Promise.race([once(child.stdout, 'data'), end])
      }
    },
    ended,
  }
}
