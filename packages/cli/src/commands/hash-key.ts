import { hashApiKey } from '@auth/core/verify'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'

/** Prints the hash of the API key on standard input, which is what a server keeps. */
export async function hashKey({ read, write, typed }: Terminal): Promise<number> {
  if (typed) throw new Failure('give the key on standard input: carrier-auth hash-key < key.txt', EXIT.usage)
  const key = (await read()).replace(/\r?\n$/, '')
  if (key === '') throw new Failure('the standard input is empty', EXIT.usage)
  if (/[\r\n]/.test(key)) throw new Failure('the key has a line break; give one key', EXIT.usage)
  write(`${hashApiKey(key)}\n`)
  return EXIT.healthy
}
