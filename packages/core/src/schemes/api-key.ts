import { ConfigurationError } from '../errors.ts'
import type { Layer } from '../layer.ts'
import { when } from '../lib/maybe-promise.ts'
import { type Check, checkOptions, must } from '../lib/options.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { headerLayer, headerName } from './header-layer.ts'

export interface ApiKeyOptions {
  /** Stands before the key, with one space between: `ShippoToken`. Default: nothing does. */
  prefix?: string
}

const PREFIX: Check = must(
  'visible ASCII characters without a space at either end',
  (prefix) => typeof prefix === 'string' && /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(prefix),
)

/**
 * A key in a header of its own, such as `x-api-key`, or behind a prefix in one that others use as well.
 *
 * @throws ConfigurationError for a name that is no header name, or a key that a header cannot carry unchanged.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 * @example
 * apiKey('x-api-key', () => vault.read('carrier-key'))
 * apiKey('authorization', token, { prefix: 'ShippoToken' })
 */
export function apiKey(header: string, key: SecretInput, options: ApiKeyOptions = {}): Layer {
  const name = headerName(header)
  if (name === undefined) {
    throw new ConfigurationError('headerName', 'must be the name of an HTTP header, such as x-api-key')
  }
  checkOptions(options, { prefix: PREFIX }, 'apiKey')
  const { prefix } = options
  const current = secret(key, 'apiKey', headerValue)
  return headerLayer(
    'apiKey',
    name,
    prefix === undefined ? current : () => when(current(), (value) => `${prefix} ${value}`),
  )
}
