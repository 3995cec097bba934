import type { Layer } from '../layer.ts'
import { whenAll } from '../lib/maybe-promise.ts'
import { anything, checkOptions } from '../lib/options.ts'
import { basicPassword, basicUser, type SecretInput, secret } from '../secret.ts'
import { headerLayer } from './header-layer.ts'

/**
 * HTTP Basic on every request: base64 of `username:password` in UTF-8. The password may be empty: some carriers take
 * a key as the user name.
 *
 * @throws ConfigurationError for an empty or missing user name, a missing password, a control character, or a colon in
 * the user name.
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function basic(options: { username: SecretInput; password: SecretInput }): Layer {
  checkOptions(options, { username: anything, password: anything }, 'basic')
  const username = secret(options.username, 'username', basicUser)
  const password = secret(options.password, 'password', basicPassword)
  let last: { username: string; password: string; header: string } | undefined
  const header = (username: string, password: string): string => {
    if (last?.username !== username || last.password !== password) {
      last = { username, password, header: basicCredentials(username, password) }
    }
    return last.header
  }
  return headerLayer('basic', 'authorization', () =>
    whenAll<[string, string], string>([username(), password()], header),
  )
}

/** The value of the Authorization header. */
export function basicCredentials(username: string, password: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(`${username}:${password}`)) bytes += String.fromCharCode(byte)
  return `Basic ${btoa(bytes)}`
}
