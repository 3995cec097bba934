/**
 * Whether an error that a verifier of the user's own let through speaks about the token, as those of jose, jsonwebtoken,
 * fast-jwt and aws-jwt-verify do. Others mean that the token could not be verified, such as when keys cannot be fetched.
 */
export function isTokenError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown }
  if (typeof code === 'string' && (JOSE.test(code) || FAST_JWT.has(code))) return true
  // The same class for the token and for the key that the verifier was given, or failed to fetch.
  if (JSONWEBTOKEN.has(name)) return !KEY_TROUBLE.test(String(message))
  // These have no name and no code of their own.
  return AWS_JWT_VERIFY.test(String(error.constructor?.name))
}

const JOSE = /^ERR_(?:JW[TSE]_|JOSE_ALG_NOT_ALLOWED$|JOSE_NOT_SUPPORTED$|JWKS_NO_MATCHING_KEY$)/

const FAST_JWT: ReadonlySet<string> = new Set(
  [
    'INVALID_TYPE',
    'INVALID_ALGORITHM',
    'INVALID_CLAIM_TYPE',
    'INVALID_CLAIM_VALUE',
    'INVALID_SIGNATURE',
    'INVALID_PAYLOAD',
    'INVALID_CRIT_HEADER',
    'MALFORMED',
    'INACTIVE',
    'EXPIRED',
    'MISSING_REQUIRED_CLAIM',
    'MISSING_SIGNATURE',
  ].map((code) => `FAST_JWT_${code}`),
)

const JSONWEBTOKEN: ReadonlySet<unknown> = new Set(['JsonWebTokenError', 'TokenExpiredError', 'NotBeforeError'])
const KEY_TROUBLE = /secret or public key|secretOrPublicKey is not/

const AWS_JWT_VERIFY =
  /^(?:(?:Cognito|Alb)?Jwt(?:Parse|Invalid\w*|Expired|NotBefore|WithoutValidKid)|KidNotFoundInJwks)Error$/
