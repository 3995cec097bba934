import { ConfigurationError } from '../errors.ts'
import { knownOptions } from '../lib/options.ts'

/** What a token request asks for. */
export interface Grant {
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** Where the parameters ride: in the body, or (Posti) in the query of the token endpoint's URL. */
  readonly placement: 'body' | 'query'
}

export interface ClientCredentialsOptions {
  scope?: string | readonly string[]
  audience?: string
  /** RFC 8707 section 2: absolute URIs. */
  resource?: string | readonly string[]
  /** Further parameters; they cannot replace the ones above, nor the client's own. */
  parameters?: Readonly<Record<string, string>>
  /** Default `body`. */
  placement?: 'body' | 'query'
}

const RESERVED = ['grant_type', 'scope', 'audience', 'resource', 'client_id', 'client_secret']

/**
 * The client credentials grant.
 *
 * @throws ConfigurationError for an empty value or a reserved name in `parameters`.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
 */
export function clientCredentials(options: ClientCredentialsOptions = {}): Grant {
  knownOptions(options, ['scope', 'audience', 'resource', 'parameters', 'placement'], 'clientCredentials')
  const { scope = [], audience, resource = [], parameters = {}, placement = 'body' } = options
  if (placement !== 'body' && placement !== 'query') {
    throw new ConfigurationError('placement', "must be 'body' or 'query'")
  }
  const entries: [string, string][] = [['grant_type', 'client_credentials']]
  const add = (name: string, value: unknown, option = name): void => {
    if (typeof value !== 'string' || value === '') throw new ConfigurationError(option, 'must be a non-empty string')
    entries.push([name, value])
  }
  const scopes = [scope].flat()
  // RFC 6749 appendix A.4; a list in one string is fine.
  if (
    scopes.some(
      (one) => typeof one !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(one),
    )
  ) {
    throw new ConfigurationError('scope', 'must be names of visible ASCII characters, with single spaces between them')
  }
  if (scopes.length > 0) add('scope', scopes.join(' '))
  if (audience !== undefined) add('audience', audience)
  for (const one of [resource].flat()) add('resource', one)
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new ConfigurationError('parameters', 'must be an object of strings')
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (RESERVED.includes(name)) throw new ConfigurationError('parameters', `must not contain ${name}`)
    add(name, value, `parameters.${name}`)
  }
  return Object.freeze({ parameters: entries, placement })
}
