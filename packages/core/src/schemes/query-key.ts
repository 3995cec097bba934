import { ConfigurationError } from '../errors.ts'
import type { Credentials, Layer } from '../layer.ts'
import { when } from '../lib/maybe-promise.ts'
import { type SecretInput, secret } from '../secret.ts'

/**
 * A key in a query parameter. It shows up in the logs of every proxy on the way: only for carriers that take it no
 * other way.
 *
 * @throws ConfigurationError for an empty parameter name or key, or a key with a control character.
 */
export function queryKey(parameter: string, key: SecretInput): Layer {
  if (typeof parameter !== 'string' || parameter === '') {
    throw new ConfigurationError('parameter', 'must be the name of a query parameter')
  }
  const current = secret(key, 'queryKey')
  let last: { value: string; credentials: Credentials } | undefined
  const credentials = (value: string): Credentials => {
    if (last?.value !== value)
      last = { value, credentials: Object.freeze({ query: Object.freeze({ [parameter]: value }) }) }
    return last.credentials
  }
  return {
    scheme: 'queryKey',
    authorize() {
      return when(current(), credentials)
    },
    async recover(sent) {
      const refused = new URL(sent.url).searchParams.get(parameter)
      return refused !== null && refused !== (await current())
    },
  }
}
