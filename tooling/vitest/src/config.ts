import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that tests need no build. These reach Node's own resolver too:
// `import` or `module` here would make a `require` in a dependency load what was meant for `import`.
const conditions = ['@auth/source', 'node']

// Where the continuous integration counts what ran: a folder that gets a JSON file for each run.
const results = process.env.TEST_RESULTS

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps,tooling}/*/test/**/*.test.ts'],
    // One process a file: a leaked handle or an unhandled rejection belongs to the file that caused it.
    pool: 'forks',
    testTimeout: 20_000,
    globalSetup: fileURLToPath(new URL('global-setup.ts', import.meta.url)),
    ...(results !== undefined && {
      reporters: ['default', ['json', { outputFile: `${results}/${process.version}.json` }]],
    }),
  },
})
