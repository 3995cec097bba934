import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { foreignPackages } from '../src/lockfile.ts'
import { root } from '../src/workspace.ts'

const lockfile = (parts: { version?: string; name?: string; packages?: string }): string => `lockfileVersion: '9.0'
importers:
  .: {}
  packages/axios:
    dependencies:
      '${parts.name ?? '@auth/core'}':
        specifier: '*'
        version: ${parts.version ?? 'link:../core'}
  packages/core: {}
packages:
  ${parts.packages ?? 'ky@2.1.0'}:
    resolution: {integrity: sha512-AA==}
`

test('accepts an @auth package that links to a folder of the workspace', () => {
  expect(foreignPackages(lockfile({}))).toEqual([])
})

test.each([
  ['a registry', '0.37.0'],
  ['a registry, by an alias', "'@auth/core@0.37.0'"],
  ['a URL', 'https://codeload.example/tar.gz/abc'],
  ['a folder outside the workspace', 'link:../../../core'],
  ['a folder that is no package of the workspace', 'link:../other'],
])('refuses an @auth package from %s', (_, version) => {
  expect(foreignPackages(lockfile({ version }))).toEqual([
    `packages/axios takes @auth/core from ${version.replaceAll("'", '')}`,
  ])
})

test('refuses an @auth package of a registry under another name, or as a dependency of a dependency', () => {
  const text = lockfile({ name: 'harmless', version: "'@auth/core@0.37.0'", packages: "'@auth/core@0.37.0'" })
  expect(foreignPackages(text)).toEqual(['@auth/core@0.37.0 is resolved as a package of a registry'])
})

test.each([
  [
    'a merge key',
    "evil: &evil\n  '@auth/core': {specifier: '*', version: 0.37.0}\nimporters:\n  .:\n    dependencies:\n      <<: *evil\n",
  ],
  ['a quoted merge key', "importers:\n  .:\n    dependencies:\n      '<<': {'@auth/core': {version: 0.37.0}}\n"],
  ['a merge key in line', "importers: {.: {dependencies: {<<: {'@auth/core': {version: 0.37.0}}}}}\n"],
  ['an alias', 'a: &a {}\nimporters:\n  .: *a\n'],
  ['an anchor that nothing refers to', 'importers:\n  .: &a {}\n'],
  ['an alias as a key', "a: &k '@auth/core'\nimporters:\n  .:\n    dependencies:\n      *k : {version: 0.37.0}\n"],
  ['a map as a key', 'importers:\n  .:\n    dependencies:\n      ? {a: 1}\n      : {version: 0.37.0}\n'],
  ['a tag', 'importers: !other\n  .: {}\n'],
  ['a key that is given twice', 'importers:\n  .: {}\nimporters:\n  .: {}\n'],
  ['two documents', 'importers:\n  .: {}\n---\nimporters:\n  .: {}\n'],
])('refuses %s, which tools may read in two ways', (_, text) => {
  expect(() => foreignPackages(text)).toThrow('not a pnpm lockfile')
})

test('refuses a text that is no lockfile', () => {
  expect(() => foreignPackages('')).toThrow('not a pnpm lockfile')
  expect(() => foreignPackages('a: 1')).toThrow('not a pnpm lockfile')
})

test('finds nothing foreign in the lockfile of the repository', () => {
  expect(foreignPackages(readFileSync(`${root}pnpm-lock.yaml`, 'utf8'))).toEqual([])
})
