import type { Strategy } from '@auth/core'

/**
 * The URL that a strategy asks for a token when nobody overrides it. The fetch refuses: no test talks to a carrier.
 */
export async function documentedTokenEndpoint(create: (fetch: typeof globalThis.fetch) => Strategy): Promise<string> {
  let asked = ''
  const strategy = create(async (input) => {
    asked = String(input)
    throw new TypeError('no test talks to a carrier')
  })
  const request = { url: `${strategy.origins[0]}/`, method: 'GET', headers: {} }
  await Promise.resolve(strategy.authorize(request)).catch(() => {})
  return asked
}
