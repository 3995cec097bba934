import { ConfigurationError } from '../errors.ts'
import { whenAll } from '../lib/maybe-promise.ts'
import { knownOptions } from '../lib/options.ts'
import { type SecretInput, secret } from '../secret.ts'
import type { ClientCredential } from '../token/token-source.ts'
import type { ClientAuth } from './client-auth.ts'

/**
 * `client_id` and `client_secret` as parameters of the token request's body. `names` renames the two, for the carriers
 * that call them otherwise.
 *
 * @throws ConfigurationError for an empty id or secret, or one with a control character.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientSecretPost(
  id: SecretInput,
  clientSecret: SecretInput,
  options: { names?: { id: string; secret: string } } = {},
): ClientAuth {
  knownOptions(options, ['names'], 'clientSecretPost')
  const { names = { id: 'client_id', secret: 'client_secret' } } = options
  if ([names?.id, names?.secret].some((name) => typeof name !== 'string' || name === '') || names.id === names.secret) {
    throw new ConfigurationError('names', 'must be { id, secret }, two names of parameters')
  }
  const clientId = secret(id, 'clientId')
  const password = secret(clientSecret, 'clientSecret')
  return {
    method: `client_secret_post:${names.id}:${names.secret}`,
    credential: () =>
      whenAll<[string, string], ClientCredential>([clientId(), password()], (id, secret) => ({ id, secret })),
    apply({ parameters }, credential) {
      parameters.push([names.id, credential.id], [names.secret, credential.secret])
    },
  }
}
