import { whenAll } from '../lib/maybe-promise.ts'
import { type Check, checkOptions, required } from '../lib/options.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { checkHeaderName } from '../token/token-options.ts'
import type { ClientCredential } from '../token/token-source.ts'
import type { ClientAuth } from './client-auth.ts'

const NAME: Check = required(checkHeaderName)

/**
 * Client id and secret as two headers of the token request, as IBM API Connect gateways ask for them.
 *
 * @throws ConfigurationError for a name that is no header's, and for an id or secret that a header cannot carry.
 * @example
 * clientSecretHeaders({ id: 'X-IBM-Client-Id', secret: 'X-IBM-Client-Secret' }, clientId, clientSecret)
 */
export function clientSecretHeaders(
  names: { id: string; secret: string },
  id: SecretInput,
  clientSecret: SecretInput,
): ClientAuth {
  checkOptions(names, { id: NAME, secret: NAME }, 'clientSecretHeaders')
  const [idHeader, secretHeader] = [names.id.toLowerCase(), names.secret.toLowerCase()]
  const clientId = secret(id, 'clientId', headerValue)
  const password = secret(clientSecret, 'clientSecret', headerValue)
  return {
    method: `client_secret_headers:${idHeader}:${secretHeader}`,
    credential: () =>
      whenAll<[string, string], ClientCredential>([clientId(), password()], (id, secret) => ({ id, secret })),
    apply({ headers }, { id, secret = '' }) {
      headers[idHeader] = id
      headers[secretHeader] = secret
    },
  }
}
