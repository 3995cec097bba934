import { when } from '../lib/maybe-promise.ts'
import { type SecretInput, secret } from '../secret.ts'
import type { ClientAuth } from './client-auth.ts'

/**
 * The client id alone: the certificate on the connection, `tls` of `oauth2`, proves the client.
 *
 * @throws ConfigurationError for an empty id.
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2
 */
export function tlsClientAuth(id: SecretInput): ClientAuth {
  const clientId = secret(id, 'clientId')
  return {
    method: 'tls_client_auth',
    credential: () => when(clientId(), (id) => ({ id })),
    apply({ parameters }, { id }) {
      parameters.push(['client_id', id])
    },
  }
}
