import { readFile, stat } from 'node:fs/promises'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { tlsIdentity } from '../tls/identity.ts'
import { secureContextOf } from '../tls/secure-context.ts'

export interface TlsFiles {
  /** Path of the certificate, PEM, with its chain. */
  readonly cert?: string
  /** Path of the private key, PEM. */
  readonly key?: string
  /** The passphrase of the key itself, not a path. */
  readonly passphrase?: string
  /** Path of further trust anchors, PEM. */
  readonly ca?: string
  /** Told, once, of changed files that cannot be used, while the identity of the last good ones is kept. */
  readonly onError?: (error: ConfigurationError) => void
}

type Name = 'cert' | 'key' | 'ca'

/**
 * A TLS identity that is read from files, and read again when one of them changes: `stat` looks at them whenever the
 * identity is asked for. Changed files that cannot be read, do not fit together or are out of date leave the last good
 * identity in place until they are good.
 *
 * @throws ConfigurationError naming the file: at once for a missing path; from the returned function while the files
 * have never been good.
 */
export function tlsIdentityFromFiles({ passphrase, onError, ...paths }: TlsFiles): () => Promise<TlsIdentity> {
  const files = Object.entries(paths) as [Name, string][]
  if (files.length === 0) throw new ConfigurationError('files.cert', 'must be the path of a PEM file')
  for (const [name, path] of files) {
    if (typeof path !== 'string' || path === '')
      throw new ConfigurationError(`files.${name}`, 'must be the path of a PEM file')
  }
  let seen: string | undefined
  let good: TlsIdentity | undefined
  let flight: Promise<TlsIdentity> | undefined

  const current = async (): Promise<TlsIdentity> => {
    // Before reading: a file that changes in between is then found changed the next time.
    const stamp = (await Promise.all(files.map(([, path]) => stampOf(path)))).join()
    if (good !== undefined && stamp === seen) return good
    seen = stamp
    try {
      good = await load(files, passphrase)
    } catch (error) {
      if (good === undefined) throw error
      onError?.(error as ConfigurationError)
    }
    return good
  }

  return () => {
    flight ??= current().finally(() => {
      flight = undefined
    })
    return flight
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino}:${size}:${mtimeNs}`
  } catch {
    return 'unreadable'
  }
}

async function load(files: readonly [Name, string][], passphrase: string | undefined): Promise<TlsIdentity> {
  const texts = await Promise.all(files.map(async ([name, path]) => [name, await read(name, path)] as const))
  const identity = await tlsIdentity({ ...Object.fromEntries(texts), ...(passphrase && { passphrase }) }, 'files')()
  try {
    secureContextOf(identity)
  } catch (error) {
    // The message may quote the file; the code says what is wrong.
    const { code = 'no code' } = error as NodeJS.ErrnoException
    throw new ConfigurationError('files', `OpenSSL cannot use them (${code})`)
  }
  return identity
}

async function read(name: Name, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`files.${name}`, 'cannot be read', { cause: error })
  }
}
