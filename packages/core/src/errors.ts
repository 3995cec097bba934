/** The stable codes of {@link AuthError}; branch on these, never on messages. */
export type AuthErrorCode =
  | 'ERR_AUTH_CONFIGURATION'
  | 'ERR_AUTH_CREDENTIALS_REJECTED'
  | 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE'
  | 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
  | 'ERR_AUTH_TOKEN_RESPONSE_INVALID'

/** The base of every error of this library: a stable `code`, and no secret in message, properties or `inspect`. */
export class AuthError extends Error {
  readonly code: AuthErrorCode
  /** `id` of the strategy that the error comes from; `undefined` for one that a factory throws. */
  readonly strategy?: string
  /** Host of the token endpoint that the error is about, with its port unless that is the default. */
  readonly host?: string

  constructor(code: AuthErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A wrong or missing option; `option` names it. Thrown by the factory that was given it. */
export class ConfigurationError extends AuthError {
  readonly option: string

  constructor(option: string, problem: string, options?: { cause?: unknown }) {
    super('ERR_AUTH_CONFIGURATION', `${option}: ${problem}`, options)
    this.option = option
  }
}

/** The token endpoint rejected the credentials. They are not sent again before `retryAt`. */
export class CredentialsRejectedError extends AuthError {
  /** Epoch ms before which the same credentials are refused locally. */
  readonly retryAt: number
  /** HTTP status of the answer. */
  readonly status: number | undefined
  /** `error` of RFC 6749 section 5.2, where the answer carried one. */
  readonly error: string | undefined

  constructor(message: string, details: { retryAt: number; status?: number | undefined; error?: string | undefined }) {
    super('ERR_AUTH_CREDENTIALS_REJECTED', message)
    this.retryAt = details.retryAt
    this.status = details.status
    this.error = details.error
  }
}

/** There is no access token, for a reason other than the credentials; `code` says which. */
export class TokenEndpointError extends AuthError {
  /** HTTP status of the last answer, where there was one. */
  readonly status: number | undefined
  /** Epoch ms before which the token endpoint is left alone, when it is throttled. */
  readonly retryAt: number | undefined
  /** Whether the same request may succeed a moment later. */
  readonly retryable: boolean

  constructor(
    code: Extract<AuthErrorCode, `ERR_AUTH_TOKEN_${string}`>,
    message: string,
    details: { status?: number | undefined; retryAt?: number | undefined; retryable?: boolean } = {},
  ) {
    super(code, message)
    this.status = details.status
    this.retryAt = details.retryAt
    this.retryable = details.retryable ?? false
  }
}

/** The errors of this library, told apart by their `code`. */
export type CarrierAuthError =
  | (ConfigurationError & { readonly code: 'ERR_AUTH_CONFIGURATION' })
  | (CredentialsRejectedError & { readonly code: 'ERR_AUTH_CREDENTIALS_REJECTED' })
  | (TokenEndpointError & { readonly code: Extract<AuthErrorCode, `ERR_AUTH_TOKEN_${string}`> })

// As deep as clients and retry plugins wrap errors, and then some.
const LONGEST_CHAIN = 16

/**
 * Returns the error of this library that a caught error is, or has among its causes; `undefined` for another. HTTP
 * clients wrap what is thrown while they wait for credentials.
 *
 * @example
 * try {
 *   await client.get(url)
 * } catch (error) {
 *   const failure = authErrorOf(error)
 *   if (failure?.code === 'ERR_AUTH_CREDENTIALS_REJECTED') await pauseUntil(failure.retryAt)
 *   else throw error
 * }
 */
export function authErrorOf(error: unknown): CarrierAuthError | undefined {
  let current = error
  for (let depth = 0; depth < LONGEST_CHAIN && current instanceof Error; depth++) {
    // By its code, not its class: two copies of this library may be installed.
    if (String(Reflect.get(current, 'code')).startsWith('ERR_AUTH_')) return current as CarrierAuthError
    current = current.cause
  }
  return undefined
}

/** Says which strategy an error comes from, unless it says so already. */
export function ofStrategy(error: unknown, id: string): unknown {
  return mark(error, 'strategy', id)
}

/** Says which token endpoint an error is about, unless it says so already. */
export function ofHost(error: unknown, host: string | undefined): unknown {
  return mark(error, 'host', host)
}

function mark(error: unknown, name: 'strategy' | 'host', value: string | undefined): unknown {
  if (error instanceof AuthError && error[name] === undefined && value !== undefined) {
    try {
      Object.defineProperty(error, name, { value, enumerable: true, configurable: true })
    } catch {
      // A frozen error stays as it is.
    }
  }
  return error
}
