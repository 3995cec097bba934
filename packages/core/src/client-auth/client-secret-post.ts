import { whenAll } from '../lib/maybe-promise.ts'
import { checkOptions, must } from '../lib/options.ts'
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
  checkOptions(options, { names: must('{ id, secret }, two names of parameters', areNames) }, 'clientSecretPost')
  const { names = { id: 'client_id', secret: 'client_secret' } } = options
  const clientId = secret(id, 'clientId')
  const password = secret(clientSecret, 'clientSecret')
  return {
    method: `client_secret_post:${names.id}:${names.secret}`,
    credential: () =>
      whenAll<[string, string], ClientCredential>([clientId(), password()], (id, secret) => ({ id, secret })),
    apply({ parameters }, { id, secret = '' }) {
      parameters.push([names.id, id], [names.secret, secret])
    },
  }
}

function areNames(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { id, secret } = value as Record<string, unknown>
  return [id, secret].every((name) => typeof name === 'string' && name !== '') && id !== secret
}
