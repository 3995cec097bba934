import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that tests need no build.
const conditions = ['@auth/source', 'node', 'module', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps,tooling}/*/test/**/*.test.ts'],
    // One process a file: a leaked handle or an unhandled rejection belongs to the file that caused it.
    pool: 'forks',
    testTimeout: 20_000,
  },
})
