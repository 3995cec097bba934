import { describeRuntimes } from '@auth/testing'

describeRuntimes(new URL('runtimes/program.ts', import.meta.url))
