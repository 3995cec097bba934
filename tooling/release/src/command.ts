import { spawn } from 'node:child_process'
import { root } from './workspace.ts'

export interface CommandOptions {
  /** Default: the repository. */
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** ms. Default 300 000. */
  readonly timeout?: number
}

/** What a command said: standard output, and both streams as they came. */
export interface CommandOutput {
  readonly stdout: string
  readonly all: string
}

/**
 * Runs a command.
 *
 * @throws Error with all that the command said, when it ends with anything but 0.
 */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  const { cwd = root, env = process.env, timeout = 300_000 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, timeout, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let all = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      all += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ stdout, all })
      else reject(new Error(`${[command, ...args].join(' ')}: ${signal ?? `exit code ${code}`}\n${indent(all.trim())}`))
    })
  })
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
