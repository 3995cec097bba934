import { ConfigurationError, TokenEndpointError } from '../errors.ts'
import type { Credentials, Layer } from '../layer.ts'
import { when } from '../lib/maybe-promise.ts'
import type { AccessToken, TokenSource, TokenSourceControl } from '../token/token-source.ts'

const PREFIX = 'Bearer '

/**
 * An access token in the Authorization header. `source` is `oauth2(…)`, or a source of the user's own, wrapped in
 * `tokenCache` unless it does its own caching.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearer(source: TokenSource | (TokenSource & TokenSourceControl)): Layer {
  if (typeof source?.token !== 'function') {
    throw new ConfigurationError('source', 'must be a token source: oauth2({ … }), or an object with a method `token`')
  }
  let lastToken: AccessToken | undefined
  let last: Credentials | undefined
  const credentials = (token: AccessToken): Credentials => {
    if (last === undefined || token !== lastToken) {
      // The client's complaint about such a header would quote the token.
      if (typeof token?.value !== 'string' || !/^[\x21-\x7e]+$/.test(token.value)) {
        throw new TokenEndpointError(
          'ERR_AUTH_TOKEN_RESPONSE_INVALID',
          'the token source must yield { value, expiresAt }, the value one that a header can carry',
        )
      }
      last = Object.freeze({ headers: Object.freeze({ authorization: PREFIX + token.value }) })
      lastToken = token
    }
    return last
  }
  return {
    scheme: 'bearer',
    header: 'authorization',
    authorize(request) {
      const token = source.token(request)
      if (last !== undefined && token === lastToken) return last
      return when(token, credentials)
    },
    async recover(sent) {
      const header = sent.headers.authorization
      if (header === undefined || !header.startsWith(PREFIX)) return false
      const refused = header.slice(PREFIX.length)
      if ('reject' in source) return source.reject(refused, sent.signal)
      return (await source.token(sent)).value !== refused
    },
    ...('status' in source && { source }),
  }
}
