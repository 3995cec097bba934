import { ConfigurationError } from '../errors.ts'
import type { Layer } from '../layer.ts'
import { headerValue } from '../secret.ts'
import { headerLayer, headerName } from './header-layer.ts'

/**
 * A header that a carrier demands beside the credentials, and that is no secret: consent to its terms, the version of
 * its API. The caller's own header replaces it.
 *
 * @throws ConfigurationError for a name or value that a header cannot have.
 * @example
 * fixedHeader('x-accept-rmg-terms', 'yes')
 */
export function fixedHeader(header: string, value: string): Layer {
  const name = headerName(header)
  if (name === undefined) throw new ConfigurationError('header', 'must be the name of an HTTP header')
  headerValue(value, 'value')
  return headerLayer('fixedHeader', name, () => value)
}
