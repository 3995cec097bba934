import { bearer, inboundRequest, type Verifier } from '@auth/core/verify'
import { expect, test } from 'vitest'
import { query } from '../support/foreign.ts'

const request = inboundRequest({ rawHeaders: ['authorization', 'Bearer token'], socket: {} })
const claims = { sub: 'acme' }

test.each<[string, Verifier]>([
  ['at once', () => claims],
  ['later', async () => claims],
  ['by a query', () => query(claims)],
])('a verifier may answer %s', async (_when, verifier) => {
  expect(await bearer(verifier).decide(request)).toMatchObject({
    outcome: 'authenticated',
    identity: { party: 'acme' },
  })
})

test('a query that fails leaves it undecided', async () => {
  const policy = bearer(() => query(Promise.reject(new Error('down'))))
  expect(await policy.decide(request)).toMatchObject({ outcome: 'undecided' })
})
