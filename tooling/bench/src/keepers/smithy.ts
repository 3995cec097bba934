import { memoize } from '@smithy/property-provider'
import type { MakeKeeper } from './keeper.ts'
import { type Issued, requestToken } from './request-token.ts'

const EARLY = 60_000

export const smithy: MakeKeeper = (tokenEndpoint) => {
  const token = memoize(
    () => requestToken(tokenEndpoint),
    ({ expiresAt }: Issued) => Date.now() > expiresAt - EARLY,
    () => true,
  )
  return {
    name: '@smithy/property-provider',
    attach: async () => `Bearer ${(await token()).value}`,
  }
}
