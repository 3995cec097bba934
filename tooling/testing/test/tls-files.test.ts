import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TlsFiles, tlsIdentityFromFiles } from '@auth/core/node'
import { type CertificateAuthority, createCertificateAuthority, expired, type Identity } from '@auth/sandbox/pki'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

describe('tlsIdentityFromFiles', () => {
  let authority: CertificateAuthority
  let first: Identity
  let second: Identity
  let folder: string
  let paths: { cert: string; key: string }

  beforeAll(async () => {
    authority = await createCertificateAuthority()
    first = await authority.issueClient({ commonName: 'first' })
    second = await authority.issueClient({ commonName: 'second' })
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'identity-'))
    paths = { cert: join(folder, 'client.crt'), key: join(folder, 'client.key') }
    await write(first)
  })
  afterEach(() => rm(folder, { recursive: true }))

  const write = async ({ cert, key }: Identity): Promise<void> => {
    await writeFile(paths.cert, cert)
    await writeFile(paths.key, key)
  }

  test('reads the files, and yields the same object while they stay the same', async () => {
    const identity = tlsIdentityFromFiles(paths)
    const read = await identity()
    expect(read).toMatchObject(first)
    expect(await identity()).toBe(read)
    expect(await Promise.all([identity(), identity()])).toEqual([read, read])
  })

  test('reads them again when they change', async () => {
    const identity = tlsIdentityFromFiles(paths)
    await identity()
    await write(second)
    const [one, two] = await Promise.all([identity(), identity()])
    expect(one).toMatchObject(second)
    expect(two).toBe(one)
  })

  test('sees a symbolic link that is turned elsewhere, as mounted secrets are', async () => {
    await write(first)
    const link = join(folder, 'link.crt')
    await symlink(paths.cert, link)
    const identity = tlsIdentityFromFiles({ ca: link })
    expect(await identity()).toEqual({ ca: first.cert })
    const other = join(folder, 'other.crt')
    await writeFile(other, second.cert)
    await symlink(other, `${link}.new`)
    await rename(`${link}.new`, link)
    expect(await identity()).toEqual({ ca: second.cert })
  })

  test('keeps the last good identity until key and certificate fit together again, and says so once', async () => {
    const errors: unknown[] = []
    const identity = tlsIdentityFromFiles({ ...paths, onError: (error) => errors.push(error) })
    const good = await identity()
    await writeFile(paths.cert, second.cert)
    expect(await identity()).toBe(good)
    expect(await identity()).toBe(good)
    expect(errors).toMatchObject([{ code: 'ERR_AUTH_CONFIGURATION', option: 'files.key' }])
    await writeFile(paths.key, second.key)
    expect(await identity()).toMatchObject(second)
  })

  test.each([
    ['is emptied', () => writeFile(paths.cert, '')],
    ['becomes garbage', () => writeFile(paths.key, 'garbage')],
    ['vanishes', () => rm(paths.key)],
    ['holds a certificate that has expired', async () => write(await authority.issueClient(expired()))],
  ])('keeps the last good identity when a file %s', async (_, spoil) => {
    const identity = tlsIdentityFromFiles(paths)
    const good = await identity()
    await spoil()
    expect(await identity()).toBe(good)
    await write(second)
    expect(await identity()).toMatchObject(second)
  })

  test('rejects while the files have never been good, and recovers', async () => {
    await writeFile(paths.key, second.key)
    const identity = tlsIdentityFromFiles(paths)
    const error = await identity().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'files.key' })
    await writeFile(paths.key, first.key)
    expect(await identity()).toMatchObject(first)
  })

  test('names the file that cannot be read', async () => {
    await rm(paths.cert)
    await expect(tlsIdentityFromFiles(paths)()).rejects.toMatchObject({ option: 'files.cert' })
  })

  test.each<[string, TlsFiles]>([
    ['no file at all', {}],
    ['an empty path', { cert: '', key: 'client.key' }],
    ['no path', { cert: undefined as never, key: 'client.key' }],
  ])('refuses %s at once', (_, files) => {
    expect(() => tlsIdentityFromFiles(files)).toThrow(expect.objectContaining({ option: 'files.cert' }))
  })
})
