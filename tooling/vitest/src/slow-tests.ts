/**
 * The files with tests of more than five seconds, each with the reason. They start first, so that no core is idle at
 * the end of a run. The reporter names every other file that has such a test.
 */
export const SLOW_TESTS: Readonly<Record<string, string>> = {
  'tooling/bench/test/benchmarks.test.ts': 'each benchmark runs once, in processes of its own',
  'packages/redis/test/fleet.test.ts':
    'fleets of 5 and 20 processes, some of which are killed and must be replaced after their lease',
  'packages/redis/test/outage.test.ts': 'Sentinel and Cluster take seconds to notice that a node is gone',
  'packages/core/test/process-exit.test.ts': 'a process for each case: what is tested is when it ends',
  'packages/core/test/token/generative.test.ts':
    '6000 random sequences each, with a store that fails and with clock jumps',
  'packages/core/test/token/memory-store.test.ts': '100 000 accounts, to see that memory stays bounded',
  'apps/docs/test/examples.test.ts': 'the compiler over every example of the documentation, then each in a process',
  'apps/docs/test/many-accounts.test.ts': '10 000 accounts that each log in over a socket',
  'packages/fetch/test/contract.test.ts': 'the contract suite on three clients',
  'packages/axios/test/contract.test.ts': 'the contract suite on three clients',
  'packages/ky/test/contract.test.ts': 'the contract suite on two clients',
  'packages/got/test/contract.test.ts': 'the contract suite on two clients',
  'packages/cli/test/pseudo-terminal.test.ts': 'the program and Python, one after the other, on a terminal',
  'tooling/acceptance/test/every-carrier.test.ts': 'every carrier, also while its token endpoint is silent',
}
