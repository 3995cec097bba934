import { whenAll } from '../lib/maybe-promise.ts'
import { anything, checkOptions } from '../lib/options.ts'
import { basicPart, type SecretInput, secret } from '../secret.ts'
import type { Grant, GrantCredential } from './grant.ts'
import { SCOPE, scopeParameter } from './scope.ts'

export interface PasswordOptions {
  username: SecretInput
  password: SecretInput
  /** Default: none is sent. */
  scope?: string | readonly string[]
}

/**
 * The resource owner password credentials grant, for carriers that know no other.
 *
 * @throws ConfigurationError for an empty user name or password, or one with a control character.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2
 * @example
 * oauth2({ tokenEndpoint, clientAuth: clientSecretPost(id, secret), grant: password({ username, password: () => vault.read() }) })
 */
export function password(options: PasswordOptions): Grant {
  checkOptions(options, { username: anything, password: anything, scope: SCOPE }, 'password')
  const username = secret(options.username, 'username', basicPart)
  const ownPassword = secret(options.password, 'password', basicPart)
  const scope = scopeParameter(options.scope)
  return Object.freeze({
    parameters: [['grant_type', 'password'], ...scope] as const,
    placement: 'body',
    credential: () =>
      whenAll<[string, string], GrantCredential>([username(), ownPassword()], (id, secret) => ({ id, secret })),
    apply({ parameters }, { id, secret = '' }) {
      parameters.push(['username', id], ['password', secret])
    },
  } satisfies Grant)
}
