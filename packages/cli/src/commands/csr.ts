import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { createClientKeyAndCsr } from '@auth/core/node'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'

export interface CsrArguments {
  readonly commonName: string
  readonly key: string
  readonly out: string
}

/** Writes a private key and its certificate signing request into two new files. */
export async function csr({ commonName, key, out }: CsrArguments, { warn }: Terminal): Promise<number> {
  // Opened before the key is made: what exists is found, and left alone, at once.
  const files: { path: string; file: number }[] = []
  try {
    for (const [path, mode] of [
      [key, 0o600],
      [out, 0o644],
    ] as const) {
      files.push({ path, file: create(path, mode) })
    }
    const made = await createClientKeyAndCsr({ commonName })
    for (const [i, text] of [made.key, made.csr].entries()) writeSync(files[i]?.file ?? -1, text)
    for (const { file } of files) closeSync(file)
  } catch (error) {
    for (const { path, file } of files) {
      closeSync(file)
      rmSync(path, { force: true })
    }
    throw error
  }
  warn(`${key}: the private key; keep it here, and show it to nobody\n${out}: paste this into the carrier's portal\n`)
  return 0
}

function create(path: string, mode: number): number {
  try {
    return openSync(path, 'wx', mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(
      code === 'EEXIST' ? `${path} exists already, and is not overwritten` : `${path} cannot be written (${code})`,
    )
  }
}
