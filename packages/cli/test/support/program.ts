import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toEnvironment } from '@auth/core/node'
import { onTestFinished } from 'vitest'
import { run } from '../../src/run.ts'

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** A folder of the test's own, which goes with it. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'carrier-auth-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** What a program sees of a simulated carrier's account. */
export function environmentOf(
  { id, credentials, options }: { id: string; credentials: object; options: object },
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...Object.fromEntries(toEnvironment(id, credentials, options)), ...more }
}

export function started(args: readonly string[], { env = {}, input }: Surroundings = {}): ChildProcess {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--conditions=@auth/source', MAIN, ...args], {
    // Nothing of the machine's own account or proxies.
    env: { PATH, NO_COLOR: '1', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  return child
}

/** Runs a command to its end in this process, as the program does. */
export async function carrierAuth(
  args: readonly string[],
  { env = {}, input = '', ask }: Surroundings & { ask?(question: string): Promise<boolean> } = {},
): Promise<Ended> {
  const text = { out: '', err: '' }
  const code = await run(args, {
    write: (part) => {
      text.out += part
    },
    warn: (part) => {
      text.err += part
    },
    env: { PATH: process.env.PATH, ...env },
    ...(ask && { ask }),
    read: async () => input,
    typed: false,
    ended: async () => {},
  })
  return { code, ...text }
}

/** Runs the program, in a process of its own, to its end. */
export async function spawned(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  const child = started(args, surroundings)
  const text = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text.out += part
  })
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text.err += part
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}
