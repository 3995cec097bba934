import { ConfigurationError } from '../errors.ts'
import type { PresentIdentity } from './auth-fetch.ts'

/**
 * Where a fetch cannot be told which certificate to present.
 *
 * @throws ConfigurationError always: a request without its certificate is not what was asked for.
 */
export const noIdentity: PresentIdentity = async () => {
  throw new ConfigurationError('tls', 'a client certificate, or trust anchors of its own, need the fetch of Node')
}
