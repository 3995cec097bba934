import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'

/** The program's surroundings. */
export interface Terminal {
  /** Prints what was asked for. */
  write(text: string): void
  /** Prints everything else. */
  warn(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a person; absent when nobody is there to answer. */
  ask?(question: string): Promise<boolean>
  /** All of the standard input. */
  read(): Promise<string>
  /** Whether a person types the standard input. */
  readonly typed: boolean
  /** Resolves when the program is asked to end. */
  ended(): Promise<unknown>
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  const typed = stdin.isTTY === true
  // A pipe that is closed early, as by `| head`, is no reason to crash.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stdout.write(text),
    warn: (text) => void stderr.write(text),
    env,
    ...(typed && stderr.isTTY && { ask }),
    read: () => text(stdin),
    typed,
    ended: () => Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal))),
  }
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl+D and Ctrl+C close the input, which is no answer.
    const closed = once(lines, 'close').then(() => '')
    const answer = await Promise.race([lines.question(`${question} [y/N] `).catch(() => ''), closed])
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
