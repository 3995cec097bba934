import { describeBrowser, describeRuntimes } from '@auth/testing'

describeRuntimes(new URL('runtimes/program.ts', import.meta.url))
describeBrowser(new URL('runtimes/page.ts', import.meta.url))
