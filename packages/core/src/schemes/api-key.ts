import { ConfigurationError } from '../errors.ts'
import type { Layer } from '../layer.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { headerLayer } from './header-layer.ts'

/**
 * A key in a header of its own, such as `x-api-key`.
 *
 * @throws ConfigurationError for a name that is no header name, or a key that a header cannot carry unchanged.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 */
export function apiKey(headerName: string, key: SecretInput): Layer {
  if (typeof headerName !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(headerName)) {
    throw new ConfigurationError('headerName', 'must be the name of an HTTP header, such as x-api-key')
  }
  return headerLayer('apiKey', headerName.toLowerCase(), secret(key, 'apiKey', headerValue))
}
