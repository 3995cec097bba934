import { ConfigurationError } from '../errors.ts'
import { type Checks, checkOptions, choice, must, required, text } from '../lib/options.ts'
import type { Grant } from './grant.ts'
import { SCOPE, scopeParameter } from './scope.ts'

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

const OPTIONS: Checks<ClientCredentialsOptions> = {
  scope: SCOPE,
  audience: text,
  resource: must('a non-empty string, or a list of them', (resource) =>
    [resource].flat().every((one) => typeof one === 'string' && one !== ''),
  ),
  parameters: must(
    'an object of strings',
    (parameters) => typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters),
  ),
  placement: choice('body', 'query'),
}

const RESERVED = ['grant_type', 'scope', 'audience', 'resource', 'client_id', 'client_secret']

/**
 * The client credentials grant.
 *
 * @throws ConfigurationError for an empty value or a reserved name in `parameters`.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
 */
export function clientCredentials(options: ClientCredentialsOptions = {}): Grant {
  checkOptions(options, OPTIONS, 'clientCredentials')
  const { scope, audience, resource = [], parameters = {}, placement = 'body' } = options
  const entries: [string, string][] = [['grant_type', 'client_credentials'], ...scopeParameter(scope)]
  if (audience !== undefined) entries.push(['audience', audience])
  for (const one of [resource].flat()) entries.push(['resource', one])
  for (const [name, value] of Object.entries(parameters)) {
    if (RESERVED.includes(name)) throw new ConfigurationError('parameters', `must not contain ${name}`)
    required(text)(value, `parameters.${name}`)
    entries.push([name, value])
  }
  return Object.freeze({ parameters: entries, placement })
}
