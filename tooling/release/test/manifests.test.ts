import { expect, test } from 'vitest'
import { inOrder, type Manifest, publishedPackages } from '../src/workspace.ts'

test.each(publishedPackages().map((item) => [item.manifest.name, item.manifest] as const))(
  '%s goes nowhere unless the release script says where',
  (_, manifest: Manifest) => {
    // pnpm obeys publishConfig, npm unless the scope has a registry: .invalid never exists (RFC 6761 section 6.4).
    expect(manifest.publishConfig).toEqual({ access: 'restricted', registry: 'https://registry.invalid/' })
    expect(manifest.scripts?.prepublishOnly).toContain('exit 1')
  },
)

test.each(publishedPackages().map((item) => [item.manifest.name, item] as const))(
  '%s says where it comes from and what it is about',
  (_, { path, manifest }) => {
    const folder = path.slice(path.lastIndexOf('/') + 1)
    expect(manifest).toMatchObject({
      homepage: expect.stringContaining(`packages/${folder}#readme`),
      bugs: expect.stringContaining('/issues'),
      repository: { type: 'git', directory: `packages/${folder}` },
    })
    expect((manifest as { keywords?: string[] }).keywords?.length).toBeGreaterThan(2)
  },
)

test('publishes a package behind those it depends on', () => {
  const names = publishedPackages().map(({ manifest }) => manifest.name)
  expect(names[0]).toBe('@auth/core')
  expect(names.indexOf('@auth/express')).toBeLessThan(names.indexOf('@auth/sandbox'))
})

test('refuses packages that depend on each other', () => {
  const pair = ['a', 'b'].map((name) => ({
    path: name,
    manifest: { name, version: '1.0.0', dependencies: { a: '1.0.0', b: '1.0.0' } },
  }))
  expect(() => inOrder(pair)).toThrow('depend on each other: a, b')
})
