import { when } from '../lib/maybe-promise.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { addAssertion } from './assertion.ts'
import type { ClientAuth } from './client-auth.ts'

/**
 * An assertion that somebody else signs for this client: the token of a Kubernetes service account, or of a cloud's
 * workload identity. `assertion` is asked for each attempt. A rejection is remembered for the id, so `strategy.reset()`
 * ends a lock-out once the federation is set up.
 *
 * @throws ConfigurationError for an empty id, or an assertion that is no single line of ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @example
 * clientAssertion('shop', () => readFile('/var/run/secrets/tokens/carrier', 'utf8').then((text) => text.trim()))
 */
export function clientAssertion(id: SecretInput, assertion: SecretInput): ClientAuth {
  const clientId = secret(id, 'clientId')
  const current = secret(assertion, 'assertion', headerValue)
  return {
    method: 'client_assertion',
    credential: () => when(clientId(), (id) => ({ id, fingerprint: id })),
    apply: (parts, { id }) => when(current(), (value) => addAssertion(parts, id, value)),
  }
}
