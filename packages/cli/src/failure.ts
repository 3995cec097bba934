/** What the exit codes mean; the same for all commands. */
export const EXIT = { healthy: 0, fault: 1, usage: 2, undecided: 3 } as const

/** An end of the program that needs no stack: a sentence for people, and the exit code. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.fault) {
    super(message)
    this.exitCode = exitCode
  }
}
