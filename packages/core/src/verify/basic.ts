import { ConfigurationError } from '../errors.ts'
import type { MaybePromise } from '../secret.ts'
import { readAuthorization } from './authorization-header.ts'
import type { Decision, Policy } from './decision.ts'
import type { BasicIdentity } from './identity.ts'
import { type LayerOptions, layerDecisions, layerOptions } from './layer.ts'

/** Whom a user name and a password belong to. */
export interface BasicUser {
  readonly party: string
  /** Default: none. */
  readonly scope?: readonly string[]
}

export interface BasicOptions extends LayerOptions {
  /**
   * Yields the user, or `undefined` for an unknown name and for a wrong password alike; it should take the same time
   * for both. When it throws, the request is answered with 503.
   */
  readonly verify: (username: string, password: string) => MaybePromise<BasicUser | undefined>
}

/**
 * A policy for HTTP Basic (RFC 7617): UTF-8, colons allowed in the password, no control characters.
 *
 * @throws ConfigurationError without `verify`.
 */
export function basic(options: BasicOptions): Policy {
  const { verify } = options
  const { name, realm } = layerOptions(options, 'basic')
  if (typeof verify !== 'function') throw new ConfigurationError('verify', 'must be a function')
  const { accept, refuse } = layerDecisions(name, 'authorization', {
    scheme: 'Basic',
    parameters: { realm, charset: 'UTF-8' },
  })

  const conclude = (username: string, user: BasicUser | undefined): Decision =>
    typeof user?.party === 'string' && user.party !== ''
      ? accept(identityOf(username, user))
      : refuse('invalid', 'unknown')
  const undecided = (): Decision => refuse('undecided', 'unavailable')

  return {
    layers: [name],
    decide(request) {
      const presented = readAuthorization(request, 'basic')
      if ('outcome' in presented) return refuse(presented.outcome, presented.reason)
      const pair = decodeBasic(presented.credentials)
      if (pair === undefined) return refuse('invalid', 'malformed')
      try {
        const user = verify(pair.username, pair.password)
        return user instanceof Promise
          ? user.then((found) => conclude(pair.username, found)).catch(undecided)
          : conclude(pair.username, user)
      } catch {
        return undecided()
      }
    },
  }
}

const identityOf = (username: string, { party, scope = [] }: BasicUser): BasicIdentity => ({
  party,
  scope: [...scope],
  username,
})

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes `user-id:password`; `undefined` unless it is canonical base64 of UTF-8 without control characters. */
export function decodeBasic(credentials: string): { username: string; password: string } | undefined {
  const bytes = Buffer.from(credentials, 'base64')
  if (bytes.toString('base64') !== credentials) return undefined
  let pair: string
  try {
    pair = UTF_8.decode(bytes)
  } catch {
    return undefined
  }
  const colon = pair.indexOf(':')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (colon === -1 || /[\x00-\x1f\x7f]/.test(pair)) return undefined
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) }
}
