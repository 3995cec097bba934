/** The claims of an access token (RFC 7519 section 4, RFC 9068 section 2.2). */
export interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** Seconds since the epoch. */
  readonly exp?: number
  /** Seconds since the epoch. */
  readonly nbf?: number
  /** Seconds since the epoch. */
  readonly iat?: number
  readonly jti?: string
  readonly client_id?: string
  readonly scope?: string | readonly string[]
  readonly [name: string]: unknown
}
