import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { SLOW_TESTS } from './slow-tests.ts'

const SECONDS = 5
const NAMED = 15

/** Names the tests that cost the most seconds, and those above five seconds for which no reason is given. */
export function slowReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
      const timed = tests
        .map(({ module, test }) => ({ file: module.relativeModuleId, name: test.fullName, seconds: secondsOf(test) }))
        .sort((a, b) => b.seconds - a.seconds)
      const slow = timed.filter(({ seconds }) => seconds > 1).slice(0, NAMED)
      if (slow.length > 0) console.log('\n What costs seconds')
      for (const { file, name, seconds } of slow)
        console.log(`  ${seconds.toFixed(1).padStart(5)} s  ${file} > ${name}`)
      const unexplained = timed.filter(({ file, seconds }) => seconds > SECONDS && SLOW_TESTS[file] === undefined)
      for (const { file, name } of unexplained) {
        console.log(`  above ${SECONDS} s without a reason in tooling/vitest/src/slow-tests.ts: ${file} > ${name}`)
      }
    },
  }
}

function secondsOf(test: TestCase): number {
  return (test.diagnostic()?.duration ?? 0) / 1000
}
