import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Why a value cannot be read; says the variable, and never the value. */
export class SourceError extends Error {
  readonly fix: string

  constructor(message: string, fix: string) {
    super(message)
    this.fix = fix
  }
}

export interface Sourced {
  readonly value: string
  /** Where it came from, such as `POSTI_PASSWORD_FILE (/run/secrets/posti)`. */
  readonly source: string
}

type Environment = Readonly<Record<string, string | undefined>>

const run = promisify(execFile)
// ms that a command may take, and bytes that it may print.
const COMMAND = { timeout: 15_000, maxBuffer: 1024 * 1024 }

/**
 * The value of a variable: itself, the content of the file in `…_FILE`, or what the command in `…_COMMAND` prints. Of
 * files and commands, one line break at the end is left out.
 *
 * @throws SourceError when two of them are set, or the value cannot be read.
 */
export async function readVariable(variable: string, env: Environment): Promise<Sourced | undefined> {
  const set = ['', '_FILE', '_COMMAND'].map((end) => variable + end).filter((name) => env[name] !== undefined)
  const [name, other] = set
  if (name === undefined) return undefined
  if (other !== undefined) {
    throw new SourceError(`${name} and ${other} are both set`, `unset one of ${set.join(', ')}`)
  }
  const given = env[name] ?? ''
  if (name === variable) return { value: given, source: name }
  if (given === '') throw new SourceError(`${name} is empty`, `set ${name}, or unset it`)
  return name.endsWith('_FILE')
    ? { value: await contentOf(name, given), source: `${name} (${given})` }
    : { value: await outputOf(name, given, env), source: name }
}

async function contentOf(name: string, path: string): Promise<string> {
  try {
    return withoutLineBreak(await readFile(path, 'utf8'))
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException
    throw new SourceError(`${name}: ${path} cannot be read (${code})`, 'check that the file exists and who may read it')
  }
}

async function outputOf(name: string, command: string, env: Environment): Promise<string> {
  const shell = process.platform === 'win32' ? ['cmd', '/d', '/s', '/c'] : ['/bin/sh', '-c']
  const [program = '', ...args] = shell
  try {
    const { stdout } = await run(program, [...args, command], { ...COMMAND, env: { ...env }, encoding: 'utf8' })
    return withoutLineBreak(stdout)
  } catch (error) {
    // Neither the command nor what it printed: either may hold a secret.
    const { code, killed } = error as { code?: unknown; killed?: boolean }
    const how = killed === true ? `took longer than ${COMMAND.timeout / 1000} s` : `failed (${String(code)})`
    throw new SourceError(`${name}: the command ${how}`, 'run the command by hand and look at what it says')
  }
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Tells two values apart without showing them. Short on purpose: nobody can search for the value with it. */
export function fingerprint(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 6)
}
