// RFC 6749 section 5.2 and the extensions that token endpoints answer with.
const REGISTERED = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
])

/** The answer's error code, if it is one: short, and of the characters that codes are made of. */
export function errorCode(value: unknown): string | undefined {
  const code = typeof value === 'number' ? String(value) : value
  return typeof code === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? code : undefined
}

// So many characters in common are no coincidence.
const ECHO = 6

/** The code as a message may show it: `undefined` for one that repeats a part of the secrets that were `sent`. */
export function safeErrorCode(code: string | undefined, sent: readonly string[]): string | undefined {
  if (code === undefined || REGISTERED.has(code)) return code
  const parts = Array.from({ length: Math.max(code.length - ECHO, 0) + 1 }, (_, at) => code.slice(at, at + ECHO))
  const echoed = (text: string): boolean => code.includes(text) || parts.some((part) => text.includes(part))
  return sent.some((text) => text !== '' && echoed(text)) ? undefined : code
}
