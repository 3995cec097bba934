import type { Strategy } from '@auth/core'
import { ConfigurationError } from '@auth/core/errors'
import type { ExtendOptions, Got } from 'got'
import { authHooks } from './auth-hooks.ts'

/**
 * Authenticates the requests of a got instance to the strategy's origins, and sends a request that was refused once
 * more with fresh credentials. Returns the extended instance; the given one stays as it is.
 *
 * @throws ConfigurationError when `client` is not a got instance of release 15.1 or later, or `strategy` not a strategy.
 *
 * @example
 * const carrier = withAuth(got.extend({ prefixUrl: 'https://api.posti.fi' }), posti({ username, password }))
 */
export function withAuth<Options extends ExtendOptions>(client: Got<Options>, strategy: Strategy): Got<Options> {
  if (typeof client?.extend !== 'function' || typeof client.stream !== 'function') {
    throw new ConfigurationError('client', 'must be got or an instance from got.extend()')
  }
  // got tells its release nowhere; this method came with 15.
  if (typeof client.defaults?.options?.isHeaderExplicitlySet !== 'function') {
    throw new ConfigurationError(
      'client',
      'is got 14 or older, and got 15.1 or later is needed: npm install got@latest',
    )
  }
  return client.extend<[ExtendOptions]>(authHooks(strategy)) as unknown as Got<Options>
}
