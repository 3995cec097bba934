/**
 * The asymmetric signature algorithms of JWTs, for our own assertions and for tokens of others.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]
