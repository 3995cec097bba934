import { ConfigurationError } from '../errors.ts'
import type { Strategy } from '../strategy.ts'

/**
 * Checks the argument of an adapter.
 *
 * @throws ConfigurationError for what is not a strategy.
 */
export function requireStrategy(strategy: Strategy): void {
  if (typeof strategy?.authorize !== 'function' || typeof strategy.recover !== 'function') {
    throw new ConfigurationError('strategy', 'must be a strategy: createStrategy({ … }), or one of the carriers')
  }
}
