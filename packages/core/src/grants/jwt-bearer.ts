import { when } from '../lib/maybe-promise.ts'
import { anything, checkOptions, text } from '../lib/options.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { accountCredential } from './account.ts'
import type { Grant } from './grant.ts'
import { SCOPE, scopeParameter } from './scope.ts'

export interface JwtBearerOptions {
  /** The assertion, or a function that yields a fresh one for each attempt. */
  assertion: SecretInput
  /** Default: none is sent. */
  scope?: string | readonly string[]
  /** Whose grant it is: required with a `store`. */
  account?: string
}

/**
 * An assertion (a signed JWT) in exchange for an access token.
 *
 * @throws ConfigurationError for a missing assertion, or one that is no single line of ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.1
 */
export function jwtBearer(options: JwtBearerOptions): Grant {
  checkOptions(options, { assertion: anything, scope: SCOPE, account: text }, 'jwtBearer')
  const assertion = secret(options.assertion, 'assertion', headerValue)
  return Object.freeze({
    parameters: [
      ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      ...scopeParameter(options.scope),
    ] as const,
    placement: 'body',
    ...accountCredential('jwt-bearer', options.account),
    apply: ({ parameters }) => when(assertion(), (value) => void parameters.push(['assertion', value])),
  } satisfies Grant)
}
