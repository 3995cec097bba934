import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A program that is no npm package: what it is called on the PATH, and in which package Debian has it. */
export interface SystemProgram {
  readonly names: readonly [string, ...string[]]
  readonly debianPackage: string
}

export const REDIS: SystemProgram = { names: ['redis-server'], debianPackage: 'redis-server' }
export const CHROMIUM: SystemProgram = {
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  debianPackage: 'chromium',
}

export const PYTHON: SystemProgram = { names: ['python3'], debianPackage: 'python3' }
export const CURL: SystemProgram = { names: ['curl'], debianPackage: 'curl' }

/** Whether the person at the keyboard wants the tests that need a program left out, by `WITHOUT_…=1`; CI never does. */
export function without(name: string): boolean {
  return process.env[`WITHOUT_${name}`] === '1' && process.env.CI !== 'true'
}

/**
 * Finds a program on the PATH, or installs Debian's package for the occasion where that is permitted.
 *
 * @throws Error when there is none, saying what to do.
 */
export async function systemProgram({ names, debianPackage }: SystemProgram): Promise<string> {
  const found = await firstOnPath(names)
  if (found !== undefined) return found
  const [name] = names
  const missing = `there is no ${name} on the PATH`
  if (!(await installable())) {
    const optOut = `WITHOUT_${name.split('-', 1)[0]?.toUpperCase()}=1`
    throw new Error(`${missing}: install it, or leave these tests out with ${optOut} (not in CI)`)
  }
  console.log(`installing ${debianPackage}, which the tests need`)
  // Test files run side by side: one installs, the others wait and find it. RUNLEVEL=1: Debian would start a service.
  const install = `command -v ${name} || (apt-get update && apt-get install -y --no-install-recommends ${debianPackage})`
  await run('flock', [join(tmpdir(), 'install-system-program.lock'), 'sh', '-c', install], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  const installed = await firstOnPath(names)
  if (installed === undefined) throw new Error(`${missing}, and installing it has not helped`)
  return installed
}

/** Whether a program may be installed here: by root, on Debian and its like. */
export async function installable(): Promise<boolean> {
  return process.getuid?.() === 0 && (await firstOnPath(['apt-get'])) !== undefined
}

async function firstOnPath(names: readonly string[]): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const file = join(folder, name)
      const works = await run(file, ['--version']).then(
        () => true,
        () => false,
      )
      if (works) return file
    }
  }
  return undefined
}
