import { Readable } from 'node:stream'
import { createStrategy, queryKey } from '@auth/core'
import { abortable, isOneShot, lowerCaseHeaders, reauthorize, requireStrategy, sentRequest } from '@auth/core/adapter'
import { describe, expect, test } from 'vitest'

describe('isOneShot', () => {
  test.each([
    ['a Node stream', Readable.from(['a'])],
    ['a web stream', new Blob(['a']).stream()],
    ['a generator', (function* () {})()],
    ['an async generator', (async function* () {})()],
    ['a function', () => 'a'],
  ])('is %s', (_, body) => expect(isOneShot(body)).toBe(true))

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'a'],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a Buffer', Buffer.from('a')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a Blob', new Blob(['a'])],
    ['a form', new FormData()],
    ['parameters', new URLSearchParams('a=1')],
  ])('is not %s', (_, body) => expect(isOneShot(body)).toBe(false))
})

describe('lowerCaseHeaders', () => {
  test('takes records, pairs and Headers', () => {
    const expected = { accept: 'a', 'x-list': 'b, c' }
    expect(lowerCaseHeaders({ Accept: 'a', 'X-List': ['b', 'c'].join(', ') })).toEqual(expected)
    expect(
      lowerCaseHeaders([
        ['Accept', 'a'],
        ['X-List', 'b'],
        ['x-list', 'c'],
      ]),
    ).toEqual(expected)
    expect(lowerCaseHeaders(new Headers({ Accept: 'a', 'X-List': 'b, c' }))).toEqual(expected)
    expect(lowerCaseHeaders(undefined)).toEqual({})
  })

  test('turns "not this header" into the empty value', () => {
    expect(lowerCaseHeaders({ Authorization: false, 'X-A': null, 'X-B': undefined, 'X-C': '' })).toEqual({
      authorization: '',
      'x-a': '',
      'x-b': '',
      'x-c': '',
    })
  })
})

describe('sentRequest', () => {
  test('has what was attached, and nothing of what the caller set himself', () => {
    const request = {
      url: 'https://api.example/?a=1&key=mine',
      method: 'GET',
      headers: { authorization: 'Bearer mine', accept: '*/*' },
    }
    expect(sentRequest(request, { headers: { 'x-api-key': 'k' } }).headers).toEqual({ 'x-api-key': 'k' })
    expect(sentRequest(request, { query: { key: 'ours' } }).headers).toEqual({})
    expect(sentRequest({ ...request, url: 'https://api.example/?a=1' }, { query: { key: 'ours' } }).url).toBe(
      'https://api.example/?a=1&key=ours',
    )
  })

  test("never shows a caller's own query parameter as one of ours", async () => {
    // The caller's own key was refused. That ours is another one is no reason to send his once more.
    const strategy = createStrategy({ origins: ['https://api.example'], layers: [queryKey('key', 'ours')] })
    const request = { url: 'https://api.example/?key=mine', method: 'GET', headers: {} }
    const sent = sentRequest(request, await strategy.authorize(request))
    expect(await strategy.recover(sent, { status: 401 })).toBe(false)
  })
})

describe('abortable', () => {
  test('is synchronous for what is at hand', () => {
    expect(abortable('now', AbortSignal.abort())).toBe('now')
  })

  test('rejects with the reason at once, before or while waiting', async () => {
    const never = new Promise(() => {})
    await expect(abortable(never, AbortSignal.abort('before'))).rejects.toBe('before')
    const controller = new AbortController()
    const waiting = abortable(never, controller.signal)
    controller.abort('meanwhile')
    await expect(waiting).rejects.toBe('meanwhile')
  })
})

describe('reauthorize', () => {
  const request = { url: 'https://api.example/', method: 'GET', headers: {} }
  const strategy = createStrategy({ origins: ['https://api.example'], layers: [queryKey('key', 'k')] })

  test('has nothing to offer when the reason for the recovery fails', async () => {
    const failing = { ...strategy, recover: () => Promise.reject(new Error('store')) }
    expect(await reauthorize(failing, request, {}, { status: 401 })).toBeUndefined()
  })

  test('throws what the caller aborted with', async () => {
    const failing = { ...strategy, recover: () => new Promise<boolean>(() => {}) }
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(reauthorize(failing, { ...request, signal }, {}, { status: 401 })).rejects.toThrow('enough')
  })
})

describe('requireStrategy', () => {
  test.each([undefined, null, {}, { authorize() {} }, 'posti'])('refuses %s', (value) => {
    expect(() => requireStrategy(value as never)).toThrow(expect.objectContaining({ option: 'strategy' }))
  })
})
