import { ConfigurationError, TokenEndpointError } from '../errors.ts'
import type { AuthRequest, Credentials, Layer } from '../layer.ts'
import { when } from '../lib/maybe-promise.ts'
import { type Checks, checkOptions, must } from '../lib/options.ts'
import { pathOf } from '../lib/path-of.ts'
import { isHeaderName } from '../secret.ts'
import type { AccessToken, Caller, TokenRequest, TokenSource, TokenSourceControl } from '../token/token-source.ts'

export interface BearerOptions {
  /** The header that carries the token. Default `authorization`. */
  header?: string
  /** What goes before the token, with one space between the two; `''` for the bare token. Default `Bearer`. */
  prefix?: string
}

const OPTIONS: Checks<BearerOptions> = {
  header: must('the name of an HTTP header, such as x-payment-token', isHeaderName),
  prefix: must(
    'visible ASCII characters without spaces around them, or the empty string',
    (prefix) => typeof prefix === 'string' && /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/.test(prefix),
  ),
}

/**
 * An access token in a header: `Authorization: Bearer <token>`, unless the options say otherwise. `source` is
 * `oauth2(…)`, or a source of your own, wrapped in `tokenCache` unless it does its own caching.
 *
 * @throws ConfigurationError for what is not a token source, and for a wrong option.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 *
 * @example
 * bearer(oauth2({ … }), { header: 'x-payment-authorization-token', prefix: '' })
 */
export function bearer(
  source: TokenSource | (TokenSource & TokenSourceControl),
  options: BearerOptions = {},
): Layer & { readonly header: string } {
  if (typeof source?.token !== 'function') {
    throw new ConfigurationError('source', 'must be a token source: oauth2({ … }), or an object with a method `token`')
  }
  checkOptions(options, OPTIONS, 'bearer')
  const header = (options.header ?? 'authorization').toLowerCase()
  const prefix = options.prefix === '' ? '' : `${options.prefix ?? 'Bearer'} `
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
      last = Object.freeze({ headers: Object.freeze({ [header]: prefix + token.value }) })
      lastToken = token
    }
    return last
  }
  /** The token that a request was sent with. */
  const tokenOn = ({ headers }: AuthRequest): string | undefined => {
    const value = headers[header]
    return value?.startsWith(prefix) ? value.slice(prefix.length) : undefined
  }
  return {
    scheme: 'bearer',
    header,
    authorize(request) {
      const token = source.token(new CallerRequest(request))
      if (last !== undefined && token === lastToken) return last
      return when(token, credentials)
    },
    async recover(sent) {
      const rejected = tokenOn(sent)
      if (rejected === undefined) return false
      if ('reject' in source) return source.reject(rejected, sent.signal)
      const request = Object.assign(new CallerRequest(sent), { reason: 'rejected' } as const)
      return (await source.token(request)).value !== rejected
    },
    tokenTimes(sent) {
      if (lastToken === undefined || tokenOn(sent) !== lastToken.value) return undefined
      const { expiresAt, lifetime } = lastToken
      const at = lifetime === undefined ? Number.NaN : Math.round(expiresAt - lifetime)
      return { at: Number.isFinite(at) ? at : undefined, until: expiresAt }
    },
    ...('status' in source && { source }),
  }
}

/** A source learns who waits and, for events, the method and path of the request; nothing else of it. */
class CallerRequest implements TokenRequest {
  readonly signal: AbortSignal | undefined
  readonly #request: AuthRequest

  constructor(request: AuthRequest) {
    this.signal = request.signal
    this.#request = request
  }

  // Worked out when a token is requested: most calls find one.
  get caller(): Caller {
    const { method, url } = this.#request
    return { method, path: pathOf(url) }
  }
}
