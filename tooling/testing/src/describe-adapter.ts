import { describe } from 'vitest'
import { bench } from './bench.ts'
import { bodies } from './cases/bodies.ts'
import { bodyAtCall } from './cases/body-at-call.ts'
import { carriers } from './cases/carriers.ts'
import { certificates } from './cases/certificates.ts'
import { credentials } from './cases/credentials.ts'
import { errors } from './cases/errors.ts'
import { printing } from './cases/printing.ts'
import { recovery } from './cases/recovery.ts'
import { redirects } from './cases/redirects.ts'
import { replay } from './cases/replay.ts'
import { waiting } from './cases/waiting.ts'
import type { ClientUnderTest } from './client.ts'

/** What every adapter must hold, as test cases against real servers; a new adapter's test file is one call of it. */
export function describeAdapter(name: string, adapter: ClientUnderTest): void {
  describe(name, () => {
    const b = bench(adapter)
    describe('credentials', () => credentials(b))
    describe('replay', () => replay(b))
    describe('recovery', () => recovery(b))
    describe('bodies', () => bodies(b))
    describe('a body', () => bodyAtCall(b))
    describe('redirects', () => redirects(b))
    describe('errors', () => errors(b))
    describe('printing', () => printing(b))
    describe('waiting', () => waiting(b))
    describe('client certificates', () => certificates(b))
    describe('carriers', () => carriers(b, adapter))
  })
}
