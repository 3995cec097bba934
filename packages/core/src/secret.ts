import { AuthError, ConfigurationError } from './errors.ts'
import { describeError } from './lib/describe-error.ts'
import { isThenable, type MaybePromise } from './lib/maybe-promise.ts'

/** A secret, or a function that yields the current one: a vault, a file that is rotated, an environment variable. */
export type SecretInput = string | (() => MaybePromise<string>)

/** Checks a value that will be sent as a secret; `option` is the name the user knows it by. */
export type SecretCheck = (value: unknown, option: string) => asserts value is string

/** Any non-empty string. */
export const nonEmpty: SecretCheck = (value, option) => {
  if (typeof value !== 'string') throw new ConfigurationError(option, `must be a string, not ${kind(value)}`)
  if (value === '') throw new ConfigurationError(option, 'must not be empty')
}

/** What a field of an HTTP header can carry unchanged: visible ASCII, without outer spaces (RFC 9110 section 5.5). */
export const headerValue: SecretCheck = (value, option) => {
  nonEmpty(value, option)
  if (!/^[\x21-\x7e]+(?: +[\x21-\x7e]+)*$/.test(value)) {
    throw new ConfigurationError(
      option,
      'must consist of visible ASCII characters; look for a line break or a space at its end',
    )
  }
}

/** A part of `user-id:password` (RFC 7617 section 2): no control characters. */
export const basicPart: SecretCheck = (value, option) => {
  nonEmpty(value, option)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) {
    throw new ConfigurationError(option, 'must not contain control characters; look for a line break at its end')
  }
}

/** The password of HTTP Basic, which may be empty (RFC 7617 section 2). */
export const basicPassword: SecretCheck = (value, option) => {
  if (value !== '') basicPart(value, option)
}

/** The user-id of HTTP Basic cannot hold a colon (RFC 7617 section 2). */
export const basicUser: SecretCheck = (value, option) => {
  basicPart(value, option)
  if (value.includes(':')) {
    throw new ConfigurationError(option, 'must not contain a colon: HTTP Basic cannot carry one in the user name')
  }
}

/** Whether this can be the name of an HTTP header (RFC 9110 section 5.1). */
export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
}

/**
 * Turns an option into a function that yields the checked secret; a string is checked at once, what a function yields
 * each time it is called.
 *
 * @throws ConfigurationError at once for a bad string, or from the returned function for a bad value.
 */
export function secret(input: SecretInput, option: string, check: SecretCheck = basicPart): () => MaybePromise<string> {
  if (typeof input === 'function') {
    const checked = (value: unknown): string => {
      check(value, option)
      return value
    }
    const current = ask(input, option)
    return () => {
      const value = current()
      return typeof value === 'string' ? checked(value) : Promise.resolve(value).then(checked)
    }
  }
  check(input, option)
  return () => input
}

/**
 * Asks a function of the user's own. What it throws stays behind, but for its kind: the error of a vault's client is
 * likely to hold what it was sent.
 */
export function ask<T>(input: () => MaybePromise<T>, option: string): () => MaybePromise<T> {
  const failed = (error: unknown): never => {
    if (error instanceof AuthError) throw error
    throw new ConfigurationError(option, `the function that yields it failed (${describeError(error)})`)
  }
  return () => {
    try {
      const value = input()
      return isThenable(value) ? Promise.resolve(value).catch(failed) : value
    } catch (error) {
      return failed(error)
    }
  }
}

function kind(value: unknown): string {
  return value === null ? 'null' : typeof value
}
