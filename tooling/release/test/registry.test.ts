import { expect, test } from 'vitest'
import { registryProblem } from '../src/registry.ts'

test.each([
  ['unset', 'undefined', 'no registry is set'],
  ['empty', '', 'no registry is set'],
  ['the public one', 'https://registry.npmjs.org/', 'is the public registry'],
  ['the public one, in other words', 'https://REGISTRY.NPMJS.ORG.:443', 'is the public registry'],
  ['the public one, by its other name', 'https://registry.npmjs.com', 'is the public registry'],
  ['a mirror that publishes to the public one', 'https://registry.yarnpkg.com/', 'is the public registry'],
  ['no URL', 'registry', 'is no URL'],
  ['plain http', 'http://npm.example.com/', 'over https'],
])('refuses a registry that is %s', (_, registry, problem) => {
  expect(registryProblem(registry)).toContain(problem)
})

test.each(['https://npm.example.com/', 'https://notnpmjs.org/', 'http://127.0.0.1:4873/', 'http://localhost:4873'])(
  'accepts %s',
  (registry) => {
    expect(registryProblem(registry)).toBeUndefined()
  },
)
