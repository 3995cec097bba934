import { whenAll } from '../lib/maybe-promise.ts'
import { basicPart, type SecretInput, secret } from '../secret.ts'
import type { Grant, GrantCredential } from './grant.ts'

/**
 * A grant type of a carrier's own that adds the key and secret of a customer (a "child") to those of the provider.
 *
 * @throws ConfigurationError for an empty key or secret, or one with a control character.
 */
export function childCredentials(grantType: string, childKey: SecretInput, childSecret: SecretInput): Grant {
  const key = secret(childKey, 'childKey', basicPart)
  const ownSecret = secret(childSecret, 'childSecret', basicPart)
  return Object.freeze({
    parameters: [['grant_type', grantType]] as const,
    placement: 'body',
    credential: () =>
      whenAll<[string, string], GrantCredential>([key(), ownSecret()], (id, secret) => ({ id, secret })),
    apply({ parameters }, { id, secret = '' }) {
      parameters.push(['child_Key', id], ['child_secret', secret])
    },
  } satisfies Grant)
}
