import { whenAll } from '../lib/maybe-promise.ts'
import { anything, checkOptions, must, required, text } from '../lib/options.ts'
import { headerValue, type SecretInput, secret } from '../secret.ts'
import { accountCredential } from './account.ts'
import type { Grant } from './grant.ts'
import { SCOPE, scopeParameter } from './scope.ts'

export interface TokenExchangeOptions {
  /** The token to exchange, or a function that yields the current one for each attempt. */
  subjectToken: SecretInput
  /** Its type, such as `urn:ietf:params:oauth:token-type:access_token`. */
  subjectTokenType: string
  /** The token of the party that acts for the subject. */
  actorToken?: SecretInput
  actorTokenType?: string
  /** Default: an access token. */
  requestedTokenType?: string
  audience?: string | readonly string[]
  /** RFC 8707: absolute URIs. */
  resource?: string | readonly string[]
  scope?: string | readonly string[]
  /** Whose grant it is: required with a `store`. */
  account?: string
}

const TEXTS = must('a non-empty string, or a list of them', (value) =>
  [value].flat().every((one) => typeof one === 'string' && one !== ''),
)

/**
 * One token in exchange for another.
 *
 * @throws ConfigurationError for a missing token or type, and for one of `actorToken` and `actorTokenType` alone.
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export function tokenExchange(options: TokenExchangeOptions): Grant {
  const { actorToken, actorTokenType } = options
  checkOptions(
    options,
    {
      subjectToken: anything,
      subjectTokenType: required(text),
      actorToken: actorTokenType === undefined ? anything : required(anything),
      actorTokenType: actorToken === undefined ? text : required(text),
      requestedTokenType: text,
      audience: TEXTS,
      resource: TEXTS,
      scope: SCOPE,
      account: text,
    },
    'tokenExchange',
  )
  const { subjectTokenType, requestedTokenType, audience = [], resource = [], scope, account } = options
  const subject = secret(options.subjectToken, 'subjectToken', headerValue)
  const actor = actorToken === undefined ? () => '' : secret(actorToken, 'actorToken', headerValue)
  const parameters: [string, string][] = [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ['subject_token_type', subjectTokenType],
  ]
  if (actorTokenType !== undefined) parameters.push(['actor_token_type', actorTokenType])
  if (requestedTokenType !== undefined) parameters.push(['requested_token_type', requestedTokenType])
  for (const one of [audience].flat()) parameters.push(['audience', one])
  for (const one of [resource].flat()) parameters.push(['resource', one])
  parameters.push(...scopeParameter(scope))
  return Object.freeze({
    parameters,
    placement: 'body',
    ...accountCredential('token-exchange', account),
    apply: (parts) =>
      whenAll<[string, string], void>([subject(), actor()], (subjectValue, actorValue) => {
        parts.parameters.push(['subject_token', subjectValue])
        if (actorValue !== '') parts.parameters.push(['actor_token', actorValue])
      }),
  } satisfies Grant)
}
