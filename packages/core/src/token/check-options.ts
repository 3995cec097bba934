import { ConfigurationError } from '../errors.ts'
import { callable, flag, knownOptions, LONGEST_TIMER, milliseconds, observable, text } from '../lib/options.ts'
import { secureUrl } from '../origin.ts'
import { checkAnchors } from '../tls/identity.ts'
import { checkBudget } from './budget.ts'
import type { OAuth2Options } from './oauth2.ts'
import type { TokenResponseMapping } from './token-response.ts'

type Names<T> = readonly (keyof T & string)[]

const COMMON = ['store', 'budget', 'fetch', 'timeout', 'ca', 'onEvent', 'id', 'clock', 'allowInsecureLoopback'] as const
const OWN = [
  'tokenEndpoint',
  'clientAuth',
  'grant',
  'tls',
  'headers',
  'encoding',
  'response',
  'defaultLifetime',
  'rejected',
  'throttled',
  'lockout',
  'hint',
] as const
const OPTIONS: Names<OAuth2Options> = [...OWN, ...COMMON]
const PLACES: Names<TokenResponseMapping> = ['accessToken', 'expiresIn', 'tokenType', 'scope', 'error']

/** What a carrier passes on, checked whether the carrier needs a token or not. */
export function checkTokenOptions(options: Partial<Pick<OAuth2Options, (typeof COMMON)[number]>>): void {
  const { store, budget, fetch, timeout, ca, allowInsecureLoopback } = options
  observable(options)
  flag(allowInsecureLoopback, 'allowInsecureLoopback')
  milliseconds(timeout, 'timeout', LONGEST_TIMER)
  callable(fetch, 'fetch')
  if (ca !== undefined) checkAnchors(ca, 'ca')
  if (budget !== undefined) checkBudget(budget)
  if (
    store !== undefined &&
    (['get', 'set', 'lease'] as const).some((method) => typeof store?.[method] !== 'function')
  ) {
    throw new ConfigurationError('store', 'must be a token store, such as memoryStore()')
  }
}

/** @throws ConfigurationError for the first option of `oauth2` that is wrong. */
export function checkOptions(options: OAuth2Options): void {
  knownOptions(options, OPTIONS, 'oauth2')
  checkTokenOptions(options)
  const { clientAuth, grant, encoding, defaultLifetime, lockout, headers, response, rejected, throttled, hint } =
    options
  if (secureUrl(options.tokenEndpoint, 'tokenEndpoint', options.allowInsecureLoopback).hash !== '') {
    throw new ConfigurationError('tokenEndpoint', 'must not have a fragment')
  }
  if (typeof clientAuth?.apply !== 'function' || typeof clientAuth.credential !== 'function') {
    throw new ConfigurationError('clientAuth', 'must be clientSecretBasic(…) or clientSecretPost(…)')
  }
  if (grant !== undefined && (!Array.isArray(grant?.parameters) || !['body', 'query'].includes(grant.placement))) {
    throw new ConfigurationError('grant', 'must be clientCredentials({ … })')
  }
  if (encoding !== undefined && encoding !== 'form' && encoding !== 'json') {
    throw new ConfigurationError('encoding', "must be 'form' or 'json'")
  }
  milliseconds(defaultLifetime, 'defaultLifetime')
  checkLockout(lockout)
  if (headers !== undefined) checkHeaders(headers)
  if (response !== undefined) checkMapping(response)
  checkPatterns(rejected, 'rejected', ['status', 'error'])
  checkPatterns(throttled, 'throttled', ['status', 'error', 'penalty'])
  text(hint, 'hint')
}

function checkLockout(lockout: unknown): void {
  if (lockout === undefined || typeof lockout === 'number') {
    milliseconds(lockout, 'lockout')
    return
  }
  const { initial, max } = (lockout ?? {}) as { initial?: unknown; max?: unknown }
  if (typeof initial !== 'number' || typeof max !== 'number' || initial > max) {
    throw new ConfigurationError('lockout', 'must be ms, or { initial, max } in ms')
  }
  milliseconds(initial, 'lockout')
  milliseconds(max, 'lockout')
}

function checkHeaders(headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) throw new ConfigurationError('headers', 'must be an object')
  for (const name of Object.keys(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new ConfigurationError('headers', 'must have names of HTTP headers')
    }
  }
}

function checkMapping(response: unknown): void {
  if (typeof response !== 'object' || response === null) throw new ConfigurationError('response', 'must be an object')
  for (const [name, place] of Object.entries(response)) {
    if (name === 'unit' && ['s', 'ms', undefined].includes(place)) continue
    if (name === 'unit') throw new ConfigurationError('response.unit', "must be 's' or 'ms'")
    if (!(PLACES as readonly string[]).includes(name)) {
      throw new ConfigurationError(`response.${name}`, `is none of ${[...PLACES, 'unit'].join(', ')}`)
    }
    const at = typeof place === 'object' && place !== null ? place.header : place
    if (place !== undefined && (typeof at !== 'string' || at === '')) {
      throw new ConfigurationError(`response.${name}`, 'must be the name of a member, or { header: name }')
    }
  }
}

function checkPatterns(patterns: unknown, option: string, members: readonly string[]): void {
  if (patterns === undefined) return
  const isPattern = (pattern: unknown): boolean => {
    if (typeof pattern !== 'object' || pattern === null) return false
    const { status, error, penalty } = pattern as Record<string, unknown>
    return (
      Object.keys(pattern).every((name) => members.includes(name)) &&
      // What matches every answer is not meant.
      (status !== undefined || error !== undefined) &&
      (status === undefined || [status].flat().every(Number.isInteger)) &&
      (error === undefined || [error].flat().every((code) => typeof code === 'string')) &&
      (penalty === undefined || (typeof penalty === 'number' && penalty > 0))
    )
  }
  if (!Array.isArray(patterns) || !patterns.every(isPattern)) {
    throw new ConfigurationError(option, `must list patterns: { ${members.map((name) => `${name}?`).join(', ')} }`)
  }
}
