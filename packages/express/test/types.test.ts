import type { Request } from 'express'
import { expectTypeOf, test } from 'vitest'
import {
  apiKey,
  bearer,
  type Claims,
  getIdentity,
  type Identity,
  type Policy,
  requireAuth,
  type Verifier,
} from '../src/index.ts'

// Checked by the compiler; nothing of this runs against a request.
test('an identity is typed, and cannot be written to', () => {
  expectTypeOf(getIdentity).parameters.toEqualTypeOf<[Request]>()
  expectTypeOf(getIdentity).returns.toEqualTypeOf<Identity>()
  expectTypeOf<Identity['scope']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<NonNullable<Identity['layers']['bearer']>['claims']>().toEqualTypeOf<Claims>()
  expectTypeOf<NonNullable<Identity['layers']['basic']>['username']>().toEqualTypeOf<string>()
  // @ts-expect-error: read-only
  expectTypeOf<Identity>().toEqualTypeOf<{ party: string; scope: string[]; layers: object }>()
})

test('policies and verifiers fit where the contract puts them', () => {
  expectTypeOf(apiKey).returns.toEqualTypeOf<Policy>()
  expectTypeOf(bearer).parameter(0).toEqualTypeOf<Verifier>()
  expectTypeOf((token: string) => Promise.resolve({ sub: token })).toExtend<Verifier>()
  expectTypeOf(requireAuth).parameter(0).toEqualTypeOf<Policy>()
})
