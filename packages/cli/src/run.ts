import { authErrorOf } from '@auth/core'
import { CommanderError } from 'commander'
import { EXIT, Failure } from './failure.ts'
import { program } from './program.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command; yields the exit code. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.healthy
  try {
    const root = program(terminal, (code) => {
      exitCode = code
    })
    await root.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    const failure = error instanceof Failure ? error : authErrorOf(error)
    if (failure === undefined) throw error
    terminal.warn(`carrier-auth: ${failure.message}\n`)
    return failure instanceof Failure ? failure.exitCode : EXIT.fault
  }
}
