import type { JSONWebKeySet } from 'jose'
import type { Clock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import { anything, type Check, flag } from '../../lib/options.ts'
import { secureUrl } from '../../origin.ts'
import { discoveredKeys } from './discovery.ts'
import { FETCH_OPTIONS, type FetchOptions, fetchDocument } from './fetch-document.ts'
import { fixedKeys, type KeySource, remoteKeys } from './jwks.ts'
import { type KeySet, readKeySet } from './key-set.ts'

/** Where the keys of an issuer are: one of the three is needed. */
export interface IssuerKeysOptions extends FetchOptions {
  /** Where the issuer publishes its keys. */
  readonly jwksUri?: string | undefined
  /** The issuer's keys, when they never change. */
  readonly jwks?: JSONWebKeySet | undefined
  /**
   * Where the issuer publishes its metadata (RFC 8414 section 3), such as
   * `https://issuer.example/.well-known/openid-configuration`. Metadata of another issuer is refused.
   */
  readonly discoveryUri?: string | undefined
  /** Allows `http:` on a loopback host for `jwksUri` and `discoveryUri`. Default false. */
  readonly allowInsecureLoopback?: boolean | undefined
}

/** Checks of these options; the addresses are checked where they are used. */
export const ISSUER_KEYS: { readonly [Name in keyof Required<IssuerKeysOptions>]: Check } = {
  ...FETCH_OPTIONS,
  jwksUri: anything,
  jwks: anything,
  discoveryUri: anything,
  allowInsecureLoopback: flag,
}

const TIMES = { refreshAfter: 600_000, staleAfter: 3_600_000, cooldown: 30_000 }

/** The keys of `issuer`, as the options say where they are. */
export function issuerKeys(issuer: string, options: IssuerKeysOptions, clock: Clock): KeySource {
  const { jwksUri, jwks, discoveryUri, allowInsecureLoopback = false } = options
  if ([jwksUri, jwks, discoveryUri].filter((given) => given !== undefined).length !== 1) {
    throw new ConfigurationError('jwksUri', 'one of `jwksUri`, `jwks` and `discoveryUri` is needed')
  }
  if (jwks !== undefined) {
    let keys: KeySet
    try {
      keys = readKeySet(jwks)
    } catch (error) {
      throw new ConfigurationError('jwks', 'must be a JWKS, such as { keys: [ … ] }', { cause: error })
    }
    if (keys.size === 0) throw new ConfigurationError('jwks', 'has no public key that can verify a signature')
    return fixedKeys(keys)
  }
  if (discoveryUri !== undefined) {
    const { href } = secureUrl(discoveryUri, 'discoveryUri', allowInsecureLoopback)
    return remoteKeys(discoveredKeys(href, issuer, options, allowInsecureLoopback), TIMES, clock)
  }
  const { href } = secureUrl(jwksUri, 'jwksUri', allowInsecureLoopback)
  return remoteKeys(() => fetchDocument(href, options), TIMES, clock)
}
