import { ConfigurationError, type Strategy } from '@auth/core'
import type { ExtendOptions, Got } from 'got'
import { authHooks } from './auth-hooks.ts'

/**
 * Authenticates the requests of a got instance to the strategy's origins, and sends a request that was refused once
 * more with fresh credentials. Returns the extended instance; the given one stays as it is.
 *
 * @throws ConfigurationError when `client` is not a got instance or `strategy` not a strategy.
 */
export function withAuth<Options extends ExtendOptions>(client: Got<Options>, strategy: Strategy): Got<Options> {
  if (typeof client?.extend !== 'function' || typeof client.stream !== 'function') {
    throw new ConfigurationError('client', 'must be got or an instance from got.extend()')
  }
  return client.extend<[ExtendOptions]>(authHooks(strategy)) as unknown as Got<Options>
}
