import { expect, test } from 'vitest'
import { readmeExample } from '../src/readme-example.ts'

const readme = (section: string): string => `# @auth/x

\`\`\`ts
before()
\`\`\`

## Use
${section}
## Options

\`\`\`ts
later()
\`\`\`
`

test('takes the first TypeScript block under "## Use", to the letter', () => {
  const section = '\nText.\n\n```sh\nnpm i\n```\n\n```ts\nconst a = `x`\n\n  b()\n```\n\n```ts\nsecond()\n```\n'
  expect(readmeExample(readme(section))).toBe('const a = `x`\n\n  b()\n')
})

test.each(['\nText.\n', '\n```js\nb()\n```\n'])(
  'misses an example that is in another section or language',
  (section) => {
    expect(() => readmeExample(readme(section))).toThrow('no ```ts block')
  },
)
