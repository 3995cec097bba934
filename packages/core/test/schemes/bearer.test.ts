import { type AuthRequest, bearer, type Credentials, type TokenSource, tokenCache } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../support/clock.ts'
import { foreignPromise } from '../support/foreign.ts'

const request: AuthRequest = { url: 'https://api.example.com/x', method: 'GET', headers: {} }
const sent = (value: string): AuthRequest => ({ ...request, headers: { authorization: `Bearer ${value}` } })
const expiresAt = Number.MAX_SAFE_INTEGER

test('a token at hand is attached synchronously, and the same token gives the same object', () => {
  const token = { value: 'abc', expiresAt }
  const layer = bearer({ token: () => token })
  expect(layer.authorize(request)).toEqual({ headers: { authorization: 'Bearer abc' } })
  expect(layer.authorize(request)).toBe(layer.authorize(request))
})

test('a token to be fetched is awaited, be its promise of another realm', async () => {
  const token = { value: 'abc', expiresAt }
  for (const pending of [Promise.resolve(token), foreignPromise(token)]) {
    const layer = bearer({ token: () => pending })
    expect(await layer.authorize(request)).toEqual({ headers: { authorization: 'Bearer abc' } })
  }
})

test('the source gets the caller’s signal', async () => {
  const { signal } = new AbortController()
  let seen: unknown
  const layer = bearer({
    token(request) {
      seen = request?.signal
      return { value: 'abc', expiresAt }
    },
  })
  await layer.authorize({ ...request, signal })
  expect(seen).toBe(signal)
})

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a bare string', 'sHhh-token'],
  ['no value', { expiresAt }],
  ['an empty value', { value: '', expiresAt }],
  ['a number', { value: 5, expiresAt }],
  ['a line break', { value: 'sHhh-token\r\nX-Admin: 1', expiresAt }],
  ['a space', { value: 'sHhh token', expiresAt }],
  ['other than ASCII', { value: 'sHhh-tökén', expiresAt }],
])('a source of the user’s own that yields %s fails the request, and quotes nothing', async (_, token) => {
  for (const source of [{ token: () => token }, { token: async () => token }]) {
    const layer = bearer(source as unknown as TokenSource)
    for (let i = 0; i < 2; i++) {
      const failed = expect(async () => layer.authorize(request)).rejects
      await failed.toMatchObject({ code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID' })
      await expect(async () => layer.authorize(request)).rejects.toThrow(/^(?!.*sHhh)/)
    }
  }
})

describe('a refusal', () => {
  const tokens = (): { source: TokenSource; issued: () => number } => {
    let n = 0
    return { source: { token: async () => ({ value: `token-${++n}`, expiresAt: 1e15 }) }, issued: () => n }
  }

  test('of the current token of a cache is recovered by another', async () => {
    const { source, issued } = tokens()
    const layer = bearer(tokenCache(source, { clock: manualClock() }))
    expect(await layer.authorize(request)).toEqual({ headers: { authorization: 'Bearer token-1' } })
    expect(await layer.recover?.(sent('token-1'))).toBe(true)
    expect(await layer.authorize(request)).toEqual({ headers: { authorization: 'Bearer token-2' } })
    expect(issued()).toBe(2)
  })

  test('of a token that has been replaced costs nothing', async () => {
    const { source, issued } = tokens()
    const layer = bearer(tokenCache(source, { clock: manualClock() }))
    await layer.authorize(request)
    await Promise.all(Array.from({ length: 50 }, () => layer.recover?.(sent('token-1'))))
    expect(await layer.recover?.(sent('token-0'))).toBe(true)
    expect(issued()).toBe(2)
  })

  test.each([
    ['no Authorization', {}],
    ['Basic', { authorization: 'Basic dTpw' }],
    ['bearer in another case, which is not how it is written here', { authorization: 'bearer token-1' }],
  ])('of a request with %s is not the token’s', async (_, headers) => {
    const { source, issued } = tokens()
    const layer = bearer(tokenCache(source, { clock: manualClock() }))
    await layer.authorize(request)
    expect(await layer.recover?.({ ...request, headers })).toBe(false)
    expect(issued()).toBe(1)
  })

  test.each([
    ['a bare token in a header of its own', { header: 'X-Payment-Token', prefix: '' }, 'x-payment-token', ''],
    ['another prefix', { prefix: 'Token token' }, 'authorization', 'Token token '],
  ])('of %s is recovered by another token', async (_, options, header, prefix) => {
    const { source, issued } = tokens()
    const layer = bearer(tokenCache(source, { clock: manualClock() }), options)
    expect(await layer.authorize(request)).toEqual({ headers: { [header]: `${prefix}token-1` } })
    expect(await layer.recover?.({ ...request, headers: { 'x-other': 'token-1' } })).toBe(false)
    expect(issued()).toBe(1)
    expect(await layer.recover?.({ ...request, headers: { [header]: `${prefix}token-1` } })).toBe(true)
    expect(await layer.authorize(request)).toEqual({ headers: { [header]: `${prefix}token-2` } })
  })

  test('tells a source of the user’s own why it is asked, with a cache and without', async () => {
    const reasons: unknown[] = []
    const source: TokenSource = {
      token(request) {
        reasons.push(request?.reason)
        return { value: `token-${reasons.length}`, expiresAt: 1e15 }
      },
    }
    const cached = bearer(tokenCache(source, { clock: manualClock() }))
    await cached.authorize(request)
    await cached.recover?.(sent('token-1'))
    expect(reasons.splice(0)).toEqual(['cold', 'rejected'])
    const bare = bearer(source)
    await bare.authorize(request)
    await bare.recover?.(sent('token-1'))
    expect(reasons).toEqual([undefined, 'rejected'])
  })

  test('of a source without a cache is recovered if it yields another token', async () => {
    let value = 'one'
    const layer = bearer({ token: () => ({ value, expiresAt }) })
    await layer.authorize(request)
    expect(await layer.recover?.(sent('one'))).toBe(false)
    value = 'two'
    expect(await layer.recover?.(sent('one'))).toBe(true)
    expect(((await layer.authorize(request)) as Credentials).headers).toEqual({ authorization: 'Bearer two' })
  })
})
