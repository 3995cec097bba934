import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './slow-first.ts'
import { slowReporter } from './slow-reporter.ts'

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
    // vitest leaves one core free. These tests wait more than they compute, so none is.
    maxWorkers: availableParallelism() + 1,
    // They end what hangs, not what is slow: a cold disk and busy cores make a test twenty times slower.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    // Of 23 000 tests one that a busy machine breaks must not hide the other results. The report names what was run again.
    retry: process.env.CI === 'true' ? 1 : 0,
    sequence: { sequencer: SlowFirst },
    globalSetup: fileURLToPath(new URL('global-setup.ts', import.meta.url)),
    reporters: [
      'default',
      slowReporter(),
      ...(results === undefined
        ? []
        : ([['json', { outputFile: `${results}/${process.version}.json` }]] satisfies [string, object][])),
    ],
  },
})
