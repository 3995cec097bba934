import { type Claims, VerificationError } from './verifier.ts'

/**
 * The scope that claims grant: `scope`, else `scp`, as a string with single spaces (RFC 6749 section 3.3) or a list of
 * strings. Anything else grants nothing.
 */
export function grantedScope({ scope, scp }: Claims): string[] {
  const granted = scope ?? scp
  const tokens = typeof granted === 'string' ? granted.split(' ') : Array.isArray(granted) ? granted : []
  return [...new Set(tokens)].filter((token) => typeof token === 'string' && SCOPE_TOKEN.test(token))
}

/** Refuses with `insufficient_scope` unless all that is needed was granted. */
export function demandScope(granted: readonly string[], needed: readonly string[]): void {
  if (needed.every((token) => granted.includes(token))) return
  throw new VerificationError('insufficient_scope', 'scope', 'the token does not grant the scope', { scope: needed })
}

/** RFC 6749 section 3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/
