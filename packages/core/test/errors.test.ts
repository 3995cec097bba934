import { AuthError, authErrorOf, ConfigurationError, CredentialsRejectedError } from '@auth/core'
import { expect, test } from 'vitest'

test('authErrorOf finds an error of ours at any depth, and of another copy of this library', () => {
  const own = new CredentialsRejectedError('no', { retryAt: 5 })
  const wrapped = new TypeError('client', { cause: new Error('retry', { cause: own }) })
  expect(authErrorOf(own)).toBe(own)
  expect(authErrorOf(wrapped)).toBe(own)
  const other = Object.assign(new Error('other copy'), { code: 'ERR_AUTH_CONFIGURATION' })
  expect(authErrorOf(other)).toBe(other)
})

test('authErrorOf finds nothing in what is not ours, and ends in a circle', () => {
  const circular = new Error('circle')
  circular.cause = circular
  for (const error of [undefined, null, 'ERR_AUTH_X', new Error('x'), { code: 'ERR_AUTH_X' }, circular]) {
    expect(authErrorOf(error)).toBeUndefined()
  }
})

test('the code tells the kinds apart, for the compiler as well', () => {
  const failure = authErrorOf(new CredentialsRejectedError('no', { retryAt: 5 }))
  if (failure?.code !== 'ERR_AUTH_CREDENTIALS_REJECTED') return expect.unreachable()
  expect(failure.retryAt satisfies number).toBe(5)
  const wrong = authErrorOf(new ConfigurationError('x', 'y'))
  if (wrong?.code === 'ERR_AUTH_CONFIGURATION') expect(wrong.option satisfies string).toBe('x')
  expect(wrong).toBeInstanceOf(AuthError)
})
