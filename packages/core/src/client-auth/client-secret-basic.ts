import { whenAll } from '../lib/maybe-promise.ts'
import { checkOptions, choice } from '../lib/options.ts'
import { basicCredentials } from '../schemes/basic.ts'
import { basicPart, basicUser, type SecretInput, secret } from '../secret.ts'
import type { ClientCredential } from '../token/token-source.ts'
import type { ClientAuth } from './client-auth.ts'

/**
 * Client id and secret in an HTTP Basic header. `encoding` says what is joined with the colon: `raw` (the default) the
 * two as they are, as carriers document it, or `form` the two form-urlencoded first, as the RFC has it.
 *
 * @throws ConfigurationError for an empty part or a control character, and with `raw` for a colon in the id.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientSecretBasic(
  id: SecretInput,
  clientSecret: SecretInput,
  options: { encoding?: 'raw' | 'form' } = {},
): ClientAuth {
  checkOptions(options, { encoding: choice('raw', 'form') }, 'clientSecretBasic')
  const { encoding = 'raw' } = options
  const raw = encoding === 'raw'
  const clientId = secret(id, 'clientId', raw ? basicUser : basicPart)
  const password = secret(clientSecret, 'clientSecret', basicPart)
  const encode = raw ? (part: string) => part : formEncode
  return {
    method: `client_secret_basic:${encoding}`,
    credential: () =>
      whenAll<[string, string], ClientCredential>([clientId(), password()], (id, secret) => ({ id, secret })),
    apply({ headers }, { id, secret = '' }) {
      headers.authorization = basicCredentials(encode(id), encode(secret))
    },
  }
}

function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1)
}
