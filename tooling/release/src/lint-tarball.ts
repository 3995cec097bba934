import { readFile } from 'node:fs/promises'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { run } from './command.ts'

/**
 * Checks a tarball with publint (does the manifest say what is in it?) and with attw (do the types resolve for those
 * who import it?).
 *
 * @throws Error with what they found.
 */
export async function lintTarball(tarball: string, folder: string): Promise<void> {
  const bytes = await readFile(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true,
  })
  if (messages.length > 0) {
    throw new Error(`publint:\n${messages.map((message) => `    ${formatMessage(message, pkg)}`).join('\n')}`)
  }
  // ESM only by design, so `require` and the resolution that knows no "exports" are left out.
  await run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only', '--format', 'ascii'], { cwd: folder })
}
