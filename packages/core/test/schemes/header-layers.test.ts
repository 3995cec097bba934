import { type AuthRequest, apiKey, basic, type Credentials, type Layer, queryKey } from '@auth/core'
import { sentRequest } from '@auth/core/adapter'
import { describe, expect, test } from 'vitest'
import { foreignPromise } from '../support/foreign.ts'

const request: AuthRequest = { url: 'https://api.example.com/x', method: 'GET', headers: {} }
const contributed = async (layer: Layer): Promise<Credentials> => layer.authorize(request)

/** A credential that is rotated, read as `read` says. */
interface Rotating {
  current: string
  readonly layer: Layer
}
type Read = (current: () => string) => () => string | Promise<string>
const reads: Readonly<Record<string, Read>> = {
  'a function': (current) => current,
  'an asynchronous function': (current) => async () => current(),
}
const schemes: Readonly<Record<string, (secret: () => string | Promise<string>) => Layer>> = {
  apiKey: (key) => apiKey('x-api-key', key),
  queryKey: (key) => queryKey('apikey', key),
  'basic password': (password) => basic({ username: 'user', password }),
  'basic user name': (username) => basic({ username, password: 'password' }),
}

function rotating(scheme: string, read: string): Rotating {
  const state = { current: 'first' }
  const current = (reads[read] as Read)(() => state.current)
  return Object.assign(state, { layer: (schemes[scheme] as (typeof schemes)[string])(current) })
}

describe.each(Object.keys(schemes))('%s', (scheme) => {
  describe.each(Object.keys(reads))('that %s yields', (read) => {
    test('is read anew for each request', async () => {
      const state = rotating(scheme, read)
      const first = await contributed(state.layer)
      expect(await contributed(state.layer)).toBe(first)
      state.current = 'second'
      expect(await contributed(state.layer)).not.toEqual(first)
    })

    test('and has been rotated: the refusal of the old one is recovered', async () => {
      const state = rotating(scheme, read)
      const sent = sentRequest(request, await contributed(state.layer))
      expect(await state.layer.recover?.(sent)).toBe(false)
      state.current = 'second'
      expect(await state.layer.recover?.(sent)).toBe(true)
      // The new one is refused as well: there is no third.
      const again = sentRequest(request, await contributed(state.layer))
      expect(await state.layer.recover?.(again)).toBe(false)
    })
  })

  test('is none of its business where the request was sent without it', async () => {
    const state = rotating(scheme, 'a function')
    state.current = 'second'
    expect(await state.layer.recover?.(request)).toBe(false)
  })

  test('that is a string is contributed synchronously, and is the same object each time', () => {
    const layer = (schemes[scheme] as (typeof schemes)[string])(() => 'fixed')
    expect(layer.authorize(request)).not.toBeInstanceOf(Promise)
    expect(layer.authorize(request)).toBe(layer.authorize(request))
  })

  test('reads promises of another realm, and none as a secret', async () => {
    const layer = (schemes[scheme] as (typeof schemes)[string])(() => foreignPromise('from elsewhere'))
    expect(JSON.stringify(await contributed(layer))).not.toContain('object')
    expect(await contributed(layer)).toEqual(
      await contributed((schemes[scheme] as (typeof schemes)[string])(() => 'from elsewhere')),
    )
  })
})

test.each([
  ['Posti’s sample', 'accountname', 'secret', 'YWNjb3VudG5hbWU6c2VjcmV0'],
  ['RFC 7617’s sample', 'Aladdin', 'open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
  ['RFC 7617’s sample in UTF-8', 'test', '123£', 'dGVzdDoxMjPCow=='],
  ['a colon in the password', 'user', 'pass:word', Buffer.from('user:pass:word').toString('base64')],
  ['beyond the basic plane', 'user', '🔑', Buffer.from('user:🔑').toString('base64')],
])('basic joins the two with a colon and encodes UTF-8: %s', async (_, username, password, encoded) => {
  expect(await contributed(basic({ username, password }))).toEqual({ headers: { authorization: `Basic ${encoded}` } })
})

test('apiKey keeps the key as it is, under the header’s name in lower case', async () => {
  expect(await contributed(apiKey('X-API-Key', 'a b~!"#$%&=+/'))).toEqual({ headers: { 'x-api-key': 'a b~!"#$%&=+/' } })
  expect(apiKey('X-API-Key', 'key').header).toBe('x-api-key')
})

test('queryKey yields the key as it is: the adapter encodes it', async () => {
  expect(await contributed(queryKey('api key', 'a b&c=d#+%'))).toEqual({ query: { 'api key': 'a b&c=d#+%' } })
})
