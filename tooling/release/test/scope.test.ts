import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../src/command.ts'
import { accessProblem, registryProblem } from '../src/registry.ts'
import { renamed, scopeProblem, withScope } from '../src/scope.ts'

test.each(['@acme', '@a-1.b_c'])('accepts the scope %s', (scope) => {
  expect(scopeProblem(scope)).toBeUndefined()
})

test.each([
  ['acme', 'did you mean @acme?'],
  ['@Acme', 'did you mean @acme?'],
  ['@acme/core', 'did you mean @acme?'],
  ['', '--scope: must be a scope such as @acme'],
  ['@acme corp', '--scope: must be a scope such as @acme'],
])('refuses the scope "%s"', (scope, problem) => {
  expect(scopeProblem(scope)).toContain(problem)
})

test.each([
  ["import { posti } from '@auth/core/carriers/posti'", "import { posti } from '@acme/core/carriers/posti'"],
  ['"@auth/core": "^1.0.0"', '"@acme/core": "^1.0.0"'],
  ['@auth:registry=https://npm.example.com/', '@acme:registry=https://npm.example.com/'],
  ['(?!(@auth|jose)/)', '(?!(@acme|jose)/)'],
  ['The `@auth` scope', 'The `@acme` scope'],
  ['someone@auth/x', 'someone@auth/x'],
  ['@authentic/core', '@authentic/core'],
  ['a registry. On the public one `@auth/core` is another project.', 'a registry.'],
])('renames %s', (text, expected) => {
  expect(renamed(text, '@acme')).toBe(expected)
})

test('a tarball is packed again under another scope, with all its files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scope-test-'))
  try {
    await mkdir(join(folder, 'package/dist'), { recursive: true })
    const manifest = { name: '@auth/axios', version: '1.2.3', dependencies: { '@auth/core': '^1.2.3' } }
    await writeFile(join(folder, 'package/package.json'), JSON.stringify(manifest))
    await writeFile(join(folder, 'package/dist/index.js'), "export * from '@auth/core'\n")
    await run('tar', ['-czf', join(folder, 'auth-axios-1.2.3.tgz'), '-C', folder, 'package'])

    const tarball = await withScope(join(folder, 'auth-axios-1.2.3.tgz'), '@acme', join(folder, 'out'))

    expect(tarball).toBe(join(folder, 'out/acme-axios-1.2.3.tgz'))
    await run('tar', ['-xzf', tarball, '-C', join(folder, 'out')])
    const read = (name: string) => readFile(join(folder, 'out/package', name), 'utf8')
    expect(JSON.parse(await read('package.json'))).toEqual({
      name: '@acme/axios',
      version: '1.2.3',
      dependencies: { '@acme/core': '^1.2.3' },
    })
    expect(await read('dist/index.js')).toBe("export * from '@acme/core'\n")
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a scope of your own may be on the public registry, and needs one', () => {
  expect(registryProblem('https://registry.npmjs.org/', '@acme')).toBeUndefined()
  expect(registryProblem('undefined', '@acme')).toContain('no registry is set for the scope @acme')
})

test.each([
  ['ENEEDAUTH', 'no token for https://npm.example.com/: run "npm login'],
  ['E401', 'has rejected the token'],
  ['ECONNREFUSED', 'cannot be reached (ECONNREFUSED)'],
  ['ENOTFOUND', 'cannot be reached (ENOTFOUND)'],
])('what npm calls %s is one sentence', (code, sentence) => {
  const problem = accessProblem(`npm error code ${code}\nnpm error and much more\n`, 'https://npm.example.com/')
  expect(problem).toContain(sentence)
  expect(problem).not.toContain('\n')
})

test('a registry without whoami is no problem', () => {
  expect(accessProblem('npm error code E404', 'https://npm.example.com/')).toBeUndefined()
})
