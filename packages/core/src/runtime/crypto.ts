import { ConfigurationError } from '../errors.ts'
import { builtin } from './builtin.ts'

type NodeCrypto = typeof import('node:crypto')

let crypto: NodeCrypto | undefined

/**
 * Node's `crypto`, for what has to be synchronous. Node, Bun and Deno have it, and Cloudflare Workers with the flag
 * `nodejs_compat`.
 *
 * @throws ConfigurationError where it is missing.
 */
export function nodeCrypto(): NodeCrypto {
  crypto ??= builtin('node:crypto')
  if (crypto === undefined) {
    throw new ConfigurationError('runtime', 'has no node:crypto; on Cloudflare Workers set the flag nodejs_compat')
  }
  return crypto
}

export function sha256(data: string | Uint8Array, encoding: 'base64url' | 'hex'): string {
  return nodeCrypto().hash('sha256', data, encoding)
}
