import { ConfigurationError, easypostConnect, nzPost, posti } from '@auth/core'
import { expect, test } from 'vitest'

const credentials = { clientId: 'id', clientSecret: 'secret' }

test.each(['https://api.uat.nzpost.co.nz', 'https://api.uat.nzpost.co.nz.', 'https://api.uat.nzpost.co.nz:8443'])(
  'production does not trust %s',
  (origin) => {
    expect(() => nzPost(credentials, { environment: 'production', origins: [origin] })).toThrow(
      /^origins: .*environment/,
    )
  },
)

test('an environment that is undefined is not production', () => {
  const environment = undefined as unknown as 'production'
  expect(() => nzPost(credentials, { environment })).toThrow(/^environment: is undefined/)
  expect(() => posti({ username: 'u', password: 'p' }, { environment: environment as never })).toThrow(
    ConfigurationError,
  )
  expect(() => easypostConnect({} as never, { environment: environment as never })).toThrow(ConfigurationError)
})

test('one that is left out is', () => {
  expect(nzPost(credentials).origins).toEqual(['https://api.nzpost.co.nz'])
})
