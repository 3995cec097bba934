import { readFile, writeFile } from 'node:fs/promises'
import { filesBelow, repack } from './repack.ts'

/** The scope that the packages have in the repository. */
export const OWN_SCOPE = '@auth'

/**
 * Says why the packages cannot be published under this scope; nothing when they can.
 *
 * @see https://docs.npmjs.com/cli/v11/using-npm/scope
 */
export function scopeProblem(scope: string): string | undefined {
  if (/^@[a-z0-9][a-z0-9._-]*$/.test(scope)) return undefined
  const meant = `@${scope.replace(/^@/, '').replace(/\/.*$/s, '').toLowerCase()}`
  const hint = meant !== scope && /^@[a-z0-9][a-z0-9._-]*$/.test(meant) ? `; did you mean ${meant}?` : ''
  return `--scope: must be a scope such as @acme, not "${scope}"${hint}`
}

// Names of packages and modules (`@auth/core`), the line of an .npmrc (`@auth:registry`), globs (`@auth/*`) and the
// pattern for jest (`(@auth|jose)`). An `x@auth/y` is no name.
const NAME = /(?<![\w@.-])@auth(?=[/:|`])/g
// True of the scope of this repository alone.
const ABOUT_OWN_NAME = / On the public one `@auth\/[\w-]+` is another project\./g

/** A text with the names of the packages under another scope. */
export function renamed(text: string, scope: string): string {
  return text.replaceAll(ABOUT_OWN_NAME, '').replaceAll(NAME, scope)
}

/**
 * Packs the contents of a tarball again, under another scope: names in the manifest, in code, types and README.
 *
 * @returns the path of the new tarball
 */
export async function withScope(tarball: string, scope: string, folder: string): Promise<string> {
  return await repack(tarball, folder, async (content) => {
    for (const file of await filesBelow(content)) {
      const text = await readFile(file, 'utf8')
      const changed = renamed(text, scope)
      if (changed !== text) await writeFile(file, changed)
    }
  })
}
